// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/block_writer.h"

#include "core/model_file/elements.h"
#include "core/model_file/finite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace lectern {
namespace {

constexpr StoredType kQuantized[] = {StoredType::Q8_0, StoredType::Q4_0, StoredType::Q5_0,
                                     StoredType::Q4_K, StoredType::Q6_K};

std::string written(StoredType type, const std::vector<float>& values) {
  const BlockShape shape = blockShape(type);
  const auto count = static_cast<int64_t>(values.size());
  std::string bytes(static_cast<size_t>(count / shape.elements * shape.bytes), '\xEE');
  writeElements(type, values, bytes.data());
  return bytes;
}

std::vector<float> readBack(StoredType type, const std::string& bytes, size_t count) {
  std::vector<float> values(count);
  readElements({"t", type, "", {static_cast<int64_t>(count)}, bytes}, 0, values);
  return values;
}

std::vector<float> roundTrip(StoredType type, const std::vector<float>& values) {
  return readBack(type, written(type, values), values.size());
}

double relativeError(const std::vector<float>& values, const std::vector<float>& back) {
  double error = 0;
  double squares = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    error += std::pow(double{values[i]} - double{back[i]}, 2);
    squares += std::pow(double{values[i]}, 2);
  }
  return std::sqrt(error / squares);
}

std::vector<float> normal(size_t count, float scale) {
  std::mt19937 random(5);
  std::normal_distribution<float> distribution(0, scale);
  std::vector<float> values(count);
  for (float& value : values) value = distribution(random);
  return values;
}

// Of normally distributed weights, as trained matrices nearly have. Behind each bound: the error of
// a scale that is set by the largest value of a block (of Q4_K by both ends, not rounded itself).
TEST(BlockWriter, ErrsLessThanRoundingDoes) {
  const std::vector<float> values = normal(256 * 200, 0.02F);
  const auto error = [&](StoredType type) {
    return relativeError(values, roundTrip(type, values));
  };
  EXPECT_LT(error(StoredType::Q8_0), 0.0055);
  EXPECT_LT(error(StoredType::Q6_K), 0.0170);  // 0.0186
  EXPECT_LT(error(StoredType::Q5_0), 0.0405);  // 0.0425
  EXPECT_LT(error(StoredType::Q4_0), 0.0820);  // 0.0857
  EXPECT_LT(error(StoredType::Q4_K), 0.0710);  // 0.0785
}

TEST(BlockWriter, ErrsByTheSameShareAtEveryScale) {
  for (const float scale : {1e-3F, 1.F, 1e3F}) {
    const std::vector<float> values = normal(256 * 8, scale);
    EXPECT_LT(relativeError(values, roundTrip(StoredType::Q8_0, values)), 0.007) << scale;
    EXPECT_LT(relativeError(values, roundTrip(StoredType::Q4_K, values)), 0.08) << scale;
    EXPECT_LT(relativeError(values, roundTrip(StoredType::Q4_0, values)), 0.095) << scale;
  }
}

TEST(BlockWriter, KeepsWhatAGridHolds) {
  for (const StoredType type : kQuantized) {
    std::vector<float> values(512);
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = 0.25F * (static_cast<float>(i * 7 % 15) - 7);
    }
    const std::vector<float> back = roundTrip(type, values);
    for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(back[i], values[i], 0.02) << i;
  }
}

TEST(BlockWriter, AKSubBlockAboveOrBelowZeroKeepsItsOffset) {
  std::vector<float> values(256);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = (i < 128 ? -5.F : 5.F) + 0.01F * static_cast<float>(i % 16);
  }
  const std::vector<float> back = roundTrip(StoredType::Q4_K, values);
  for (size_t i = 0; i < 128; ++i) EXPECT_NEAR(back[i], values[i], 0.06) << i;
  // Minima are below zero only: what is far above is a multiple of the scale.
  for (size_t i = 128; i < 256; ++i) EXPECT_NEAR(back[i], values[i], 0.2) << i;
}

TEST(BlockWriter, TakesEveryFiniteValue) {
  const float huge = std::numeric_limits<float>::max();
  const float tiny = std::numeric_limits<float>::denorm_min();
  for (const StoredType type : kQuantized) {
    for (const float value : {0.F, -0.F, tiny, -tiny, 1e-30F, 1e-8F, 65504.F, 4e6F, huge, -huge}) {
      for (const bool alone : {true, false}) {
        std::vector<float> values(256, alone ? 0.F : value);
        values[37] = value;
        const std::string bytes = written(type, values);
        EXPECT_EQ(firstNotFinite({"t", type, "", {256}, bytes}), -1) << value;
        if (value == 0) {
          EXPECT_EQ(readBack(type, bytes, 256), std::vector<float>(256));
        }
      }
    }
  }
}

TEST(BlockWriter, EachBlockStandsForItself) {
  const std::vector<float> values = normal(256 * 5, 1);
  for (const StoredType type : kQuantized) {
    const std::string whole = written(type, values);
    std::string pieces;
    for (size_t at = 0; at < values.size(); at += 256) {
      pieces += written(type, {values.begin() + static_cast<int64_t>(at),
                               values.begin() + static_cast<int64_t>(at) + 256});
    }
    EXPECT_TRUE(whole == pieces);
  }
}

TEST(BlockWriter, PlainTypesAreExactWhereTheyCanBe) {
  const std::vector<float> values = {0.F, -0.F, 1.F, -2.5F, 0x1p-24F, 65504.F, 0x1p-14F, 1.5F};
  EXPECT_EQ(roundTrip(StoredType::F32, values), values);
  EXPECT_EQ(roundTrip(StoredType::F16, values), values);
  const std::vector<float> brains = {0.F, -0.F, 1.F, -2.5F, 0x1p-133F, 3.140625F};
  EXPECT_EQ(roundTrip(StoredType::BF16, brains), brains);
}

TEST(FloatToHalf, IsTheWayBackOfEveryHalf) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = halfToFloat(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
    } else {
      EXPECT_EQ(floatToHalf(value), half);
    }
  }
}

TEST(FloatToHalf, RoundsToTheNearestAndTiesToEven) {
  for (uint16_t half = 0; half < 0x7BFF; ++half) {
    const float low = halfToFloat(half);
    const float high = halfToFloat(static_cast<uint16_t>(half + 1));
    const float middle = low + (high - low) / 2;
    EXPECT_EQ(floatToHalf(middle), half % 2 == 0 ? half : half + 1) << half;
    EXPECT_EQ(floatToHalf(std::nextafter(middle, 0.F)), half);
    EXPECT_EQ(floatToHalf(std::nextafter(middle, 1e6F)), half + 1);
  }
  EXPECT_EQ(floatToHalf(65519.99F), 0x7BFF);
  EXPECT_EQ(floatToHalf(65520.F), 0x7C00);
  EXPECT_EQ(floatToHalf(-1e30F), 0xFC00);
}

}  // namespace
}  // namespace lectern
