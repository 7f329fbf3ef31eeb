// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/model_store.h"
#include "core/engine/memory_needs.h"

#include <cstdint>
#include <optional>

namespace lectern {

/// `windowTokens` and `cacheType` as EngineOptions has them: 0 is what the model was made for, and
/// none the usual one.
ModelMemory memoryOf(const ModelDescription& model,
                     int64_t windowTokens,
                     std::optional<kernels::DType> cacheType = std::nullopt);

/// Of this machine. 0: not known.
int64_t machineMemoryBytes();

}  // namespace lectern
