// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/finite.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

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

TEST(FirstNotFinite, FindsNothingInNothing) {
  EXPECT_EQ(firstNotFinite({"t", StoredType::F32, "F32", {0}, ""}), -1);
}

}  // namespace
}  // namespace lectern
