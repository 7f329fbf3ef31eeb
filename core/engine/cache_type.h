// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/model_config.h"
#include "kernels/tensor.h"

#include <optional>
#include <string_view>

namespace lectern {

/// Element type of keys and values where nobody asks for another: bfloat16, but float32 of a small
/// model (fewer than 1,024 channels), whose cache is small and whose accuracy is all it has.
kernels::DType usualCacheType(const ModelConfig& config);

/// "f32", "bf16" or "int8", as users write it.
std::string_view cacheTypeName(kernels::DType type);
/// None for another name.
std::optional<kernels::DType> cacheTypeNamed(std::string_view name);

}  // namespace lectern
