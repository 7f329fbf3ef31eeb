// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cuda_runtime/findings.h"
#include "tests/cuda_runtime/memory.h"

#include <driver_types.h>
#include <vector_types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// Stands in for the CUDA runtime library in tests: defines the functions of <cuda_runtime_api.h>
/// that we call, without a device. Link it instead of libcudart; an engine brings the launches.
///
/// What it does unlike an easy-going emulation, because a real device may:
///   - a stream is a queue that runs only when someone waits; queues are interleaved by `seed` as
///   far as events allow;
///   - copies to and from pinned memory happen when their turn comes, so the host sees (or changes)
///   bytes too early;
///   - operations of different streams that touch the same bytes without an event between them are
///   reported;
///   - a graph keeps the addresses and arguments of its capture; freed memory in a replay is
///   reported;
///   - there is only so much memory, and any call can be made to fail;
///   - a kernel that touches another device's memory is reported.
/// Any thread may call; kernels run on the thread that waits, under one lock.
namespace lectern::cuda_runtime {

struct Settings {
  uint32_t seed = 0;
  int devices = 1;
  int64_t memoryBytes = int64_t{8} << 30;  ///< of each device
  std::vector<int64_t> busyBytes;          ///< what others hold of each device's; 0 behind its end
  int computeMajor = 8;
  int computeMinor = 6;
  int multiprocessors = 16;
  int64_t sharedBytesPerBlock = 99
                                << 10;  ///< the most a block may ask for; compute 8.6, 8.9 and 12.0
  int driverVersion = 13000;            ///< 0: no driver
};

/// Starts anew: no streams, no memory, no findings, nothing failed, the calling thread on device 0.
void reset(const Settings& settings = {});
const Settings& settings();

/// The `k`-th call from now on (1 is the next) returns `error` and does nothing else. A name counts
/// only that function.
void failCall(int k, cudaError_t error, std::string function = {});

/// From now on every request for memory of devices is refused, or no longer.
void refuseMemory(bool refuse);

/// Calls since reset(); with a name, of that function.
int64_t callCount(const std::string& function = {});

struct LaunchInfo {
  std::string name;
  dim3 grid;
  dim3 block;
};

/// The one door for engines: `run` executes the kernel when its turn comes, and again at each
/// replay of a graph.
cudaError_t enqueueLaunch(cudaStream_t stream, std::function<void()> run, LaunchInfo info);

/// Called by an engine inside `run`: the device is lost, every later call returns `error` until
/// reset().
void fault(cudaError_t error);

/// Work that is enqueued and has not run.
int64_t pendingOperations();

}  // namespace lectern::cuda_runtime
