// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/cache_type.h"

#include "core/base/check.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lectern {

using kernels::DType;

namespace {

constexpr std::pair<DType, std::string_view> kNames[] = {
    {DType::F32, "f32"}, {DType::BF16, "bf16"}, {DType::I8, "int8"}};

}  // namespace

DType usualCacheType(const ModelConfig& config) {
  return config.hiddenSize < 1024 ? DType::F32 : DType::BF16;
}

std::string_view cacheTypeName(DType type) {
  const auto* const found =
      std::ranges::find(kNames, type, [](const auto& one) { return one.first; });
  LECTERN_CHECK(found != std::end(kNames));
  return found->second;
}

std::optional<DType> cacheTypeNamed(std::string_view name) {
  const auto* const found =
      std::ranges::find(kNames, name, [](const auto& one) { return one.second; });
  if (found == std::end(kNames)) return std::nullopt;
  return found->first;
}

}  // namespace lectern
