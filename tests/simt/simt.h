// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cuda_runtime/cuda_runtime.h"

#include <vector_types.h>

#include <cstdint>
#include <string>
#include <vector>

/// Engine A: kernel sources compiled as C++ (lectern_add_simt_kernels) and run thread by thread on
/// fibers, with every load and store checked. Launches come through gpu::launch and run when the
/// runtime stand-in's stream is waited for; what is wrong stands in cuda_runtime::findings(), what
/// it cost in launches().
namespace lectern::simt {

struct Options {
  /// 0 runs blocks and threads in their order; any other seed shuffles both, anew at each barrier.
  uint32_t seed = 0;
  /// Also changes threads at about every n-th access of checked memory; 0 never does.
  int preemptEvery = 0;
  /// Without it only barriers, collectives and launches are checked, five times as fast.
  bool trace = true;
  /// More blocks than this are not all run: a seeded choice is, the first and the last among them
  /// (cuda_runtime/sample.h). 0 runs all.
  int sampleBlocks = 0;
  /// Fills LaunchReport::lines.
  bool lines = false;
};

void configure(const Options& options);
const Options& options();

/// Requests are what a warp asks for with one instruction. Their cost: global memory moves sectors
/// of 32 bytes, shared memory serves 32 words of 4 bytes in one wavefront if they lie in different
/// banks.
struct Traffic {
  int64_t globalRequests = 0;
  int64_t globalBytes = 0;      ///< asked for by the threads
  int64_t sectors = 0;          ///< moved, if nothing stays in a cache from one request to the next
  int64_t distinctSectors = 0;  ///< different ones in the launch, reads and writes apart
  int64_t sharedRequests = 0;
  int64_t wavefronts = 0;
  int64_t idealWavefronts = 0;

  Traffic& operator+=(const Traffic& other);
};

/// One source line's share, dearest first.
struct LineTraffic {
  std::string line;
  Traffic traffic;
};

struct LaunchReport {
  std::string kernel;
  dim3 grid;
  dim3 block;
  int64_t dynamicSharedBytes = 0;
  int64_t blocksRun = 0;
  Traffic traffic;
  std::vector<LineTraffic> lines;
};

/// Launches that ran since clearLaunches().
const std::vector<LaunchReport>& launches();
void clearLaunches();

/// The sum over launches().
Traffic totalTraffic();

/// Findings, options and launches as at the start, and a fresh runtime.
void reset(const Options& options = {}, const cuda_runtime::Settings& settings = {});

}  // namespace lectern::simt
