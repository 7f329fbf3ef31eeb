// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// Element types that model files of ours may hold.
enum class StoredType : uint8_t { F32, F16, BF16, Other };

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
