// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/bfloat16.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace lectern::kernels {
namespace {

TEST(BFloat16, KeepsEveryOneOfItsOwnValues) {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const float value = toFloat(BFloat16{static_cast<uint16_t>(bits)});
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(toFloat(toBFloat16(value))));
    } else {
      ASSERT_EQ(toBFloat16(value).bits, bits);
    }
  }
}

TEST(BFloat16, RoundsToNearestAndTiesToEven) {
  EXPECT_EQ(toBFloat16(1.0F + 0x1p-8F).bits, toBFloat16(1.0F).bits);
  EXPECT_EQ(toBFloat16(1.0F + 0x1.8p-7F).bits, toBFloat16(1.0F + 0x1p-6F).bits);
  EXPECT_EQ(toBFloat16(1.0F + 0x1.1p-8F).bits, toBFloat16(1.0F + 0x1p-7F).bits);
  EXPECT_TRUE(std::isinf(toFloat(toBFloat16(std::numeric_limits<float>::max()))));
}

}  // namespace
}  // namespace lectern::kernels
