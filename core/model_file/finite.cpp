// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/finite.h"

#include "core/base/check.h"
#include "core/model_file/elements.h"

#include <algorithm>
#include <cstring>

namespace lectern {

namespace {

// In each of the formats a value is not finite where all bits of its exponent are set (IEEE 754
// 3.4). Whole blocks are judged first, in a loop that the compiler makes vectors of; copying a
// block, which stays in the nearest cache, aligns it.
template <class Bits>
int64_t firstWithExponent(std::string_view data, Bits exponent) {
  constexpr size_t kBlock = 2048;
  Bits block[kBlock];
  const size_t count = data.size() / sizeof(Bits);
  for (size_t begin = 0; begin < count; begin += kBlock) {
    const size_t size = std::min(kBlock, count - begin);
    std::memcpy(block, data.data() + begin * sizeof(Bits), size * sizeof(Bits));
    Bits any = 0;
    for (size_t i = 0; i < size; ++i) {
      any |= static_cast<Bits>((block[i] & exponent) == exponent);
    }
    if (any == 0) continue;
    const Bits* first =
        std::find_if(block, block + size, [&](Bits bits) { return (bits & exponent) == exponent; });
    return static_cast<int64_t>(begin) + (first - block);
  }
  return -1;
}

// The same of blocks, which are finite where their scales are: the largest of a K block is below
// 65504 · 63 · 31 + 65504 · 63.
int64_t firstWithScale(const StoredTensor& tensor, int64_t firstScale, int scales) {
  const BlockShape shape = blockShape(tensor.type);
  const auto blocks = static_cast<int64_t>(tensor.data.size()) / shape.bytes;
  for (int64_t block = 0; block < blocks; ++block) {
    const char* data = tensor.data.data() + block * shape.bytes + firstScale;
    for (int i = 0; i < scales; ++i) {
      uint16_t bits = 0;
      std::memcpy(&bits, data + 2L * i, sizeof bits);
      if ((bits & 0x7C00U) == 0x7C00U) return block * shape.elements;
    }
  }
  return -1;
}

}  // namespace

int64_t firstNotFinite(const StoredTensor& tensor) {
  switch (tensor.type) {
    case StoredType::F32:
      return firstWithExponent<uint32_t>(tensor.data, 0x7F80'0000U);
    case StoredType::BF16:
      return firstWithExponent<uint16_t>(tensor.data, 0x7F80U);
    case StoredType::F16:
      return firstWithExponent<uint16_t>(tensor.data, 0x7C00U);
    case StoredType::Q4_0:
    case StoredType::Q5_0:
    case StoredType::Q8_0:
      return firstWithScale(tensor, 0, 1);
    case StoredType::Q4_1:
    case StoredType::Q5_1:
    case StoredType::Q4_K:
    case StoredType::Q5_K:
      return firstWithScale(tensor, 0, 2);
    case StoredType::Q6_K:
      return firstWithScale(tensor, 208, 1);
    case StoredType::Other:
      break;
  }
  LECTERN_CHECK(false);
  return -1;
}

}  // namespace lectern
