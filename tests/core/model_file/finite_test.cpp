// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/finite.h"

#include "core/model_file/elements.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace lectern {
namespace {

/// A tensor of zeros but for one element, one byte away from where numbers are aligned.
template <class Bits>
int64_t firstIn(StoredType type, int64_t count, int64_t at, Bits bits) {
  std::string file(static_cast<size_t>(count) * sizeof(Bits) + 1, '\0');
  std::memcpy(file.data() + 1 + static_cast<size_t>(at) * sizeof(Bits), &bits, sizeof bits);
  const StoredTensor tensor{"t", type, "", {count}, std::string_view(file).substr(1)};
  return firstNotFinite(tensor);
}

TEST(FirstNotFinite, FindsTheElementWhereverItStands) {
  const auto nan = std::bit_cast<uint32_t>(std::numeric_limits<float>::quiet_NaN());
  for (const int64_t at : {0, 1, 2047, 2048, 2049, 4095, 5000}) {
    EXPECT_EQ(firstIn<uint32_t>(StoredType::F32, 5001, at, nan), at);
    EXPECT_EQ(firstIn<uint16_t>(StoredType::BF16, 5001, at, 0x7F80), at);
    EXPECT_EQ(firstIn<uint16_t>(StoredType::F16, 5001, at, 0xFC01), at);
  }
}

TEST(FirstNotFinite, TellsTheLargestNumberFromInfinity) {
  EXPECT_EQ(firstIn<uint32_t>(StoredType::F32, 1, 0, 0x7F80'0000), 0);
  EXPECT_EQ(firstIn<uint32_t>(StoredType::F32, 1, 0, 0xFF7F'FFFF), -1);
  EXPECT_EQ(firstIn<uint16_t>(StoredType::BF16, 1, 0, 0xFF7F), -1);
  EXPECT_EQ(firstIn<uint16_t>(StoredType::BF16, 1, 0, 0xFFFF), 0);
  EXPECT_EQ(firstIn<uint16_t>(StoredType::F16, 1, 0, 0x7BFF), -1);
  EXPECT_EQ(firstIn<uint16_t>(StoredType::F16, 1, 0, 0x7C00), 0);
}

TEST(FirstNotFinite, FindsTheBlockWithTheScale) {
  const struct {
    StoredType type;
    std::vector<int64_t> scales;  // their places in a block
  } kinds[] = {{StoredType::Q4_0, {0}},    {StoredType::Q4_1, {0, 2}}, {StoredType::Q5_0, {0}},
               {StoredType::Q5_1, {0, 2}}, {StoredType::Q8_0, {0}},    {StoredType::Q4_K, {0, 2}},
               {StoredType::Q5_K, {0, 2}}, {StoredType::Q6_K, {208}}};
  for (const auto& kind : kinds) {
    const BlockShape shape = blockShape(kind.type);
    for (const int64_t scale : kind.scales) {
      std::string file(static_cast<size_t>(3 * shape.bytes), '\x33');
      const StoredTensor tensor{"t", kind.type, "", {3 * shape.elements}, file};
      EXPECT_EQ(firstNotFinite(tensor), -1);
      const uint16_t infinity = 0x7C00;
      std::memcpy(file.data() + 2 * shape.bytes + scale, &infinity, sizeof infinity);
      EXPECT_EQ(firstNotFinite(tensor), 2 * shape.elements);
    }
  }
}

TEST(FirstNotFinite, FindsNothingInNothing) {
  EXPECT_EQ(firstNotFinite({"t", StoredType::F32, "F32", {0}, ""}), -1);
}

}  // namespace
}  // namespace lectern
