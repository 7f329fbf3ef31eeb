// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/model_config.h"
#include "core/model_file/model_folder.h"
#include "kernels/backend.h"
#include "kernels/tensor.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace lectern {

/// What asking a model takes of the memory: its weights, what it keeps of a window, and what a run
/// works in. Of a model that is not open (memoryOf) about, with its weights as they are in its
/// files; on a backend (plannedMemory) what it will ask for.
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

/// What a model takes on a backend, by shapes alone: weights as it packs them, a window of so many
/// tokens, and all that a run works in, with the workspace of its operations. Errors: those of
/// Weights::shapes.
Result<ModelMemory> plannedMemory(const ModelFolder& model,
                                  const ModelConfig& config,
                                  kernels::Backend& backend,
                                  std::optional<kernels::DType> matrixType,
                                  kernels::DType cacheType,
                                  int64_t windowTokens);

/// With what window a model must fit to be opened: a longer one may come to its end.
constexpr int64_t kLeastWindowTokens = 1024;

/// Whether what a model needs is free (0: not known, so it is). To be asked before it is loaded:
/// memory that is refused is an error, but memory that is promised and not there ends the program.
/// `where` follows "are free" in the message. Errors: OutOfMemory, with what it takes, what is
/// free, and what would fit.
Result<void> checkFits(const ModelFolder& model,
                       const ModelMemory& needs,
                       int64_t freeBytes,
                       std::string_view where = {});

}  // namespace lectern
