// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/weights.h"

#include <cstdint>
#include <memory>
#include <stop_token>

namespace lectern {

enum class WeightPass : uint8_t {
  Check,    ///< names, shapes and types
  Values,   ///< and whether every number is one
  Measure,  ///< as Check; how much memory they take once they are packed
  Pack,     ///< as Values, into that memory
  Map,      ///< as Check; they lie in that memory already
};

struct WeightWalk {
  std::shared_ptr<Weights> weights;
  int64_t placedBytes = 0;  ///< of the memory, with what aligns them
};

/// Walks through the tensors that a config asks for, in one order, and places each behind the one
/// before it. The backend is there for the last three passes, the memory for the last two. Errors:
/// those of Weights::load.
Result<WeightWalk> walkWeights(WeightPass pass,
                               const ModelFolder& folder,
                               const ModelConfig& config,
                               kernels::Backend* backend,
                               char* memory,
                               const LoadOptions& options,
                               std::stop_token stop);

}  // namespace lectern
