// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/model_store.h"
#include "core/engine/memory_needs.h"

#include <cstdint>

namespace lectern {

/// `windowTokens` as EngineOptions has it: 0 is what the model was made for.
ModelMemory memoryOf(const ModelDescription& model, int64_t windowTokens);

/// Of this machine. 0: not known.
int64_t machineMemoryBytes();

}  // namespace lectern
