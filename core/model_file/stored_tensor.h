// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// Element types that model files of ours may hold. The quantised ones are those of llama.cpp
/// (ggml-common.h): blocks of elements that lie one behind the other in a row.
enum class StoredType : uint8_t {
  F32,
  F16,
  BF16,
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  Q4_K,
  Q5_K,
  Q6_K,
  Other,  ///< known by its size only
};

/// A tensor in a mapped model file, row-major, little-endian. `data` may be unaligned and lives as
/// long as the file.
struct StoredTensor {
  std::string name;
  StoredType type = StoredType::Other;
  std::string typeName;        ///< as the file spells it
  std::vector<int64_t> shape;  ///< outermost first; empty: one element
  std::string_view data;

  [[nodiscard]] int64_t elements() const {
    int64_t count = 1;
    for (const int64_t side : shape) count *= side;
    return count;
  }
};

}  // namespace lectern
