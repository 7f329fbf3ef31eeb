// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/bench/ceilings.h"
#include "core/bench/operation_costs.h"
#include "core/bench/resident_memory.h"
#include "kernels/backend.h"
#include "kernels/work.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::bench {

struct BenchRequest {
  std::filesystem::path model;
  std::string backend;                      ///< see EngineOptions
  int threads = 0;                          ///< see EngineOptions
  std::optional<kernels::DType> cacheType;  ///< see EngineOptions
  std::vector<int64_t> prompts = {512};     ///< tokens that are read at once
  std::vector<int64_t> depths = {0};        ///< tokens that were read before
  int64_t generate = 32;                    ///< tokens that are written one by one; 0: none
  bool profile = false;
  std::filesystem::path packedFolder;  ///< see EngineOptions
};

/// How fast so many tokens are read, or written, behind `depth` others.
struct Speed {
  int64_t depth = 0;
  int64_t tokens = 0;
  int64_t runs = 0;
  double bestSeconds = 0;
  double worstSeconds = 0;
  kernels::Work work;       ///< of all the tokens, at least
  double floorSeconds = 0;  ///< the sum over their operations
};

/// What operations took of a run that was timed one by one.
struct Profile {
  int64_t depth = 0;
  int64_t tokens = 0;
  double seconds = 0;  ///< of the whole run; what its operations leave is around them
  std::vector<OperationCost> operations;
};

/// Bytes on the device, as planned, and what the kernel says of the process.
struct BenchMemory {
  int64_t weights = 0;
  int64_t staying = 0;    ///< of experts in the host's memory
  int64_t states = 0;     ///< at the largest depth
  int64_t working = 0;    ///< the arena and what else a run needs
  int64_t workspace = 0;  ///< of that, what operations want besides their operands
  ResidentMemory before;
  ResidentMemory after;  ///< at the largest depth
};

struct BenchReport {
  kernels::BackendProperties backend;
  std::string placement;  ///< see Engine::placement
  Ceilings ceilings;
  int64_t modelBytes = 0;  ///< of its tensors in the files
  double loadSeconds = 0;
  kernels::DType cacheType = kernels::DType::F32;
  BenchMemory memory;
  std::vector<Speed> reading;
  std::vector<Speed> writing;
  std::vector<Profile> readingProfiles;  ///< with `profile`: the longest prompt at each depth
  std::vector<Profile> writingProfiles;
};

using BenchProgress = std::function<void(std::string_view step, int64_t done, int64_t total)>;

/// Measures the machine, then the model on it, with tokens of no meaning; each figure the best of
/// as many runs as fit into a second, twenty at most. Errors: those of Engine::open; DoesNotFit
/// where the model's window is too short for a depth with what follows; Cancelled.
Result<BenchReport> runBench(const BenchRequest& request,
                             const BenchProgress& progress,
                             std::stop_token stop);

}  // namespace lectern::bench
