// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/model_store.h"

#include <cstdint>

namespace lectern {

/// What asking a model takes of the memory, about: its weights as they are in its files, what it
/// keeps of a full window, and the results of one step.
struct ModelMemory {
  int64_t weightBytes = 0;
  int64_t windowBytes = 0;
  int64_t workingBytes = 0;

  [[nodiscard]] int64_t bytes() const { return weightBytes + windowBytes + workingBytes; }
};

/// `windowTokens` as EngineOptions has it: 0 is what the model was made for.
ModelMemory memoryOf(const ModelDescription& model, int64_t windowTokens);

/// Of this machine. 0: not known.
int64_t machineMemoryBytes();

}  // namespace lectern
