// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/quantised.h"

#include "tests/kernels/op_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lectern::kernels {
namespace {

// The largest error of those that are at most `magnitude`.
float worstOf(const std::vector<float>& values, float magnitude) {
  std::vector<float> rounded = values;
  roundToBytes(rounded.data(), static_cast<int64_t>(rounded.size()));
  float worst = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::abs(values[i]) <= magnitude) {
      worst = std::max(worst, std::abs(rounded[i] - values[i]));
    }
  }
  return worst;
}

TEST(RoundToBytes, IsOffByHalfAStepOfTheLargestAtMost) {
  std::vector<float> values = Matrix::random(1, 320, 7).values();
  EXPECT_LE(worstOf(values, 1), 0.5F / 127 * 1.0001F);
  EXPECT_GT(worstOf(values, 1), 0.4F / 127);
}

TEST(RoundToBytes, KeepsSmallNumbersBesideAnOutlier) {
  std::vector<float> values = Matrix::random(1, 320, 7).values();
  for (size_t i = 5; i < values.size(); i += 32) values[i] = i % 64 == 5 ? 25.0F : -400.0F;
  // The rest that the first rounding left is at most half of 400 / 127.
  EXPECT_LE(worstOf(values, 1), 0.5F * 400 / 127 / 2 / 127 * 1.0001F);
}

TEST(RoundToBytes, LeavesZerosAndShortGroups) {
  std::vector<float> values(35, 0.0F);
  values[34] = 3;
  std::vector<float> rounded = values;
  roundToBytes(rounded.data(), 35);
  EXPECT_EQ(rounded, values);
}

}  // namespace
}  // namespace lectern::kernels
