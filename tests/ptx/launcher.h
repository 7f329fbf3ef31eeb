// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cuda_runtime/cuda_runtime.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// Engine B's side of the CUDA runtime: objects of nvcc, linked with Lectern::ptx_runtime instead
/// of libcudart, register their fat binaries here and launch through it. Everything else of the
/// runtime is tests/cuda_runtime, which decides when a launch runs. Objects must hold PTX,
/// uncompressed (nvcc -gencode arch=compute_80,code=compute_80 -no-compress -lineinfo).
namespace lectern::ptx {

struct Options {
  uint32_t seed = 1;  ///< order of blocks and warps, and where warps are interrupted
  bool trace = true;  ///< races and uninitialised reads; some four times slower
  /// More blocks than this are not all run: a seeded choice is, the first and the last among them
  /// (cuda_runtime/sample.h). 0 runs all.
  int sampleBlocks = 0;
};

/// Starts the stand-in anew and forgets the counts.
void reset(const Options& options = {}, const cuda_runtime::Settings& settings = {});

/// What kernels executed since reset(), by kernel (its name as the linker knows it) and by
/// instruction with all its modifiers.
struct InstructionCounts {
  int64_t launches = 0;
  std::map<std::string, int64_t> warps;    ///< issued for a warp, or a part of one
  std::map<std::string, int64_t> threads;  ///< executed by threads
  int64_t warpTotal() const;
  int64_t threadTotal() const;
};
const std::map<std::string, InstructionCounts>& instructionCounts();

/// A launch since reset() or clearLaunches(), and how many instructions its blocks that ran issued
/// for warps, or parts of them.
struct Launched {
  std::string kernel;
  int64_t blocks = 0;
  int64_t blocksRun = 0;
  int64_t warpInstructions = 0;
};
const std::vector<Launched>& launches();
void clearLaunches();

}  // namespace lectern::ptx
