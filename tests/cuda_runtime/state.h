// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/cuda_runtime/order.h"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

/// What is behind the stand-in's functions: streams, pending operations, captures. Everything under
/// one lock.
namespace lectern::cuda_runtime {

/// A kernel, a copy, a fill or a mark that waits for its turn.
struct Operation {
  std::string name;
  std::function<void()> run;
  int missing = 0;  ///< operations before it that are not over
  std::vector<std::shared_ptr<Operation>> next;
  uint32_t stamp = 0;
  Clock known;  ///< what is surely over when it runs, itself included
  bool over = false;
};

using OperationPtr = std::shared_ptr<Operation>;

/// An operation as a graph keeps it.
struct Node {
  std::string name;
  std::function<void()> run;
  std::vector<int> after;
  int branch = 0;
};

}  // namespace lectern::cuda_runtime

// The runtime's opaque types are ours to define.

struct CUgraph_st {
  std::vector<lectern::cuda_runtime::Node> nodes;
  int branches = 1;
};

struct CUgraphExec_st {
  CUgraph_st graph;
  std::vector<uint32_t>
      chains;  ///< of the branches but the first, which runs in the launching stream's
  lectern::cuda_runtime::OperationPtr last;
};

namespace lectern::cuda_runtime {

struct Capture {
  CUgraph_st graph;
  cudaStream_t origin = nullptr;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  bool broken = false;
};

}  // namespace lectern::cuda_runtime

struct CUstream_st {
  bool blocking = true;  ///< waits for the legacy stream, and it for this
  int device = -1;       ///< whose it is; -1: of every device
  uint32_t chain = 0;
  lectern::cuda_runtime::OperationPtr last;
  lectern::cuda_runtime::Clock known;

  std::shared_ptr<lectern::cuda_runtime::Capture> capture;
  std::vector<int> captured;  ///< nodes that the next captured one comes after
  int branch = 0;
};

struct CUevent_st {
  lectern::cuda_runtime::OperationPtr operation;
  lectern::cuda_runtime::Clock known;
  bool recorded = false;
  bool timed = true;
  std::shared_ptr<lectern::cuda_runtime::Capture> capture;
  std::vector<int> nodes;
};

namespace lectern::cuda_runtime {

struct PlannedFailure {
  int callsLeft = 0;
  cudaError_t error = cudaSuccess;
  std::string function;
};

struct State {
  std::recursive_mutex mutex;
  Settings settings;
  std::mt19937 random{0};
  CUstream_st legacy;
  std::vector<std::unique_ptr<CUstream_st>> streams;
  std::vector<std::unique_ptr<CUevent_st>> events;
  std::vector<std::unique_ptr<CUgraph_st>> graphs;
  std::vector<std::unique_ptr<CUgraphExec_st>> executables;
  std::vector<OperationPtr> ready;
  int64_t pending = 0;
  Clock host;  ///< what the host has waited for
  std::string running;
  int runningDevice = -1;  ///< of the kernel that runs; -1: not known
  bool refusesMemory = false;
  cudaError_t lost = cudaSuccess;
  std::vector<PlannedFailure> failures;
  std::map<std::string, int64_t> calls;
  int64_t allCalls = 0;
  int64_t allocationsMade = 0;
};

State& state();

/// The last error of this thread, for cudaGetLastError.
cudaError_t& lastError();

/// The calling thread's device.
int currentDevice();
void chooseDevice(int device);
/// Of that device, for whoever asks now.
int64_t freeBytes(int device);

/// Whether the call may go on: counts it, fails it where that was planned or where the device is
/// lost.
cudaError_t admit(const char* function);

/// Wraps the body of every function of the API.
template <class Body>
cudaError_t call(const char* function, Body body) {
  const std::lock_guard lock(state().mutex);
  cudaError_t result = admit(function);
  if (result == cudaSuccess) result = body();
  if (result != cudaSuccess && result != cudaErrorNotReady) lastError() = result;
  return result;
}

/// The stream behind a handle; null with a finding if it is none of ours.
CUstream_st* streamOf(cudaStream_t handle);

/// Enqueues, or records where the stream is capturing. `enqueued` receives the operation if it was
/// enqueued.
cudaError_t enqueue(cudaStream_t stream,
                    std::string name,
                    std::function<void()> run,
                    OperationPtr* enqueued = nullptr);

/// Puts an operation behind `after` into a chain.
OperationPtr addOperation(std::string name,
                          std::function<void()> run,
                          const std::vector<OperationPtr>& after,
                          uint32_t chain,
                          Clock known);

/// Everything that the stream's next operation has to wait for.
std::vector<OperationPtr> predecessors(CUstream_st& stream, Clock& known);

/// Runs operations in seeded order until this one is over, or all of them.
void runUntil(const OperationPtr& operation);
void runAll();
void runSome();

/// The host has now waited for this.
void hostKnows(const Clock& clock);

/// Refuses what a capture does not allow, and breaks the capture.
cudaError_t refuseDuringCapture();

/// Misuse that a test must see even when the program ignores the error code.
cudaError_t misuse(cudaError_t error, const std::string& function, const std::string& text);

}  // namespace lectern::cuda_runtime
