// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/model_config.h"
#include "core/model_file/model_folder.h"
#include "kernels/backend.h"
#include "kernels/tensor.h"

#include <cstdint>
#include <optional>

namespace lectern {

/// What asking a model takes of the memory, about: its weights as they are in its files, what it
/// keeps of a full window, and the results of one step.
struct ModelMemory {
  int64_t weightBytes = 0;
  int64_t windowBytes = 0;
  int64_t workingBytes = 0;

  [[nodiscard]] int64_t bytes() const { return weightBytes + windowBytes + workingBytes; }
};

/// `windowTokens` and `cacheType` as EngineOptions has them: 0 is what the model was made for, and
/// none the usual one. `rowsAtOnce` is the backend's.
ModelMemory memoryOf(const ModelConfig& config,
                     int64_t modelBytes,
                     int64_t windowTokens,
                     std::optional<kernels::DType> cacheType = std::nullopt,
                     int64_t rowsAtOnce = kernels::kUsualRows);

/// The longest window, in whole thousands (of 1024) or the model's own, with which it takes no more
/// than so many bytes. 0: it does not fit with any.
int64_t windowThatFits(const ModelConfig& config,
                       int64_t modelBytes,
                       int64_t memoryBytes,
                       std::optional<kernels::DType> cacheType = std::nullopt);

/// Whether a model and a short window fit into the memory that is free (0: not known, so they do).
/// To be asked before it is loaded: memory that is refused is an error, but memory that is promised
/// and not there ends the program. Errors: OutOfMemory, with what it takes, what is free, and what
/// would fit.
Result<void> checkFits(const ModelFolder& model,
                       const ModelConfig& config,
                       int64_t freeBytes,
                       std::optional<kernels::DType> cacheType = std::nullopt,
                       int64_t rowsAtOnce = kernels::kUsualRows);

}  // namespace lectern
