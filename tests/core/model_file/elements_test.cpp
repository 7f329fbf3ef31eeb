// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/elements.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lectern {
namespace {

/// A block of known bytes, (37 k + 11) & 255, with its scales set to 0.25 and 0.125, and what the
/// formats' reference functions make of it: the sum, the sum weighted by the place (from 1), and
/// single elements. Every value is exact in float32.
struct Golden {
  const char* name;
  StoredType type;
  std::vector<size_t> scales;  // where 0.25 stands, then where 0.125 does
  double sum;
  double weighted;
  std::vector<std::pair<size_t, float>> samples;
};

const Golden kGoldens[] = {
    {"Q4_0",
     StoredType::Q4_0,
     {0},
     -5.25,
     -129.5,
     {{0, -0.75F}, {1, 0.5F}, {15, -2.F}, {16, -0.75F}, {17, -0.25F}, {31, 0.F}}},
    {"Q8_0",
     StoredType::Q8_0,
     {0},
     -44,
     -2020,
     {{0, 21.25F}, {1, 30.5F}, {15, -32.F}, {16, -22.75F}, {17, -13.5F}, {31, -12.F}}},
    {"Q5_0",
     StoredType::Q5_0,
     {0},
     3.75,
     28,
     {{0, 2.25F}, {1, -0.5F}, {15, -3.F}, {16, 3.5F}, {17, 0.F}, {31, 0.25F}}},
    {"Q5_1",
     StoredType::Q5_1,
     {0, 2},
     130.25,
     2041.25,
     {{0, 4.875F}, {1, 6.125F}, {15, 7.625F}, {16, 4.875F}, {17, 1.375F}, {31, 1.375F}}},
    {"Q4_K",
     StoredType::Q4_K,
     {0, 2},
     13610,
     1893210,
     {{0, 78.875F},
      {1, -6.375F},
      {15, 40.125F},
      {32, 2.F},
      {63, 10.F},
      {64, 105.125F},
      {95, 53.875F},
      {96, 48.25F},
      {127, 20.25F},
      {128, 105.75F},
      {191, 11.25F},
      {192, 132.625F},
      {255, 12.125F}}},
    {"Q5_K",
     StoredType::Q5_K,
     {0, 2},
     29054,
     4006862,
     {{0, 202.875F},
      {1, -6.375F},
      {15, 40.125F},
      {32, 28.F},
      {63, 20.F},
      {64, 105.125F},
      {95, 217.875F},
      {96, 83.25F},
      {127, -0.75F},
      {128, 261.75F},
      {191, 161.25F},
      {192, 328.625F},
      {255, 27.125F}}},
    {"Q6_K",
     StoredType::Q6_K,
     {208},
     1153,
     196105,
     {{0, -357.75F},
      {1, 424.F},
      {15, -79.5F},
      {16, -108.F},
      {17, 128.F},
      {31, -24.F},
      {32, 57.75F},
      {63, -145.F},
      {64, -760.F},
      {95, 744.F},
      {96, -217.5F},
      {127, 375.F},
      {128, -87.75F},
      {191, -245.F},
      {192, -121.F},
      {255, -15.F}}},
};

std::string goldenBlock(const Golden& golden) {
  std::string block(static_cast<size_t>(blockShape(golden.type).bytes), '\0');
  for (size_t k = 0; k < block.size(); ++k) block[k] = static_cast<char>((37 * k + 11) & 255);
  const uint16_t values[] = {0x3400, 0x3000};
  for (size_t i = 0; i < golden.scales.size(); ++i) {
    std::memcpy(block.data() + golden.scales[i], &values[i], sizeof values[i]);
  }
  return block;
}

TEST(Elements, OfQuantisedBlocksAreThoseOfTheReference) {
  for (const Golden& golden : kGoldens) {
    SCOPED_TRACE(golden.name);
    const std::string block = goldenBlock(golden);
    const BlockShape shape = blockShape(golden.type);
    std::vector<float> y(static_cast<size_t>(shape.elements));
    readElements({"t", golden.type, golden.name, {shape.elements}, block}, 0, y);
    double sum = 0;
    double weighted = 0;
    for (size_t j = 0; j < y.size(); ++j) {
      sum += static_cast<double>(y[j]);
      weighted += static_cast<double>(j + 1) * static_cast<double>(y[j]);
    }
    EXPECT_EQ(sum, golden.sum);
    EXPECT_EQ(weighted, golden.weighted);
    for (const auto& [index, value] : golden.samples) EXPECT_EQ(y[index], value) << index;
  }
}

// There is no golden of Q4_1; its formula is that of Q4_0 with the least value added.
TEST(Elements, OfQ41AreStepsAboveTheLeast) {
  std::string block(20, '\0');
  const uint16_t scales[] = {0x3400, 0xB000};  // 0.25, −0.125
  std::memcpy(block.data(), scales, sizeof scales);
  block[4] = '\x7F';
  std::vector<float> y(32);
  readElements({"t", StoredType::Q4_1, "Q4_1", {32}, block}, 0, y);
  EXPECT_EQ(y[0], 15 * 0.25F - 0.125F);
  EXPECT_EQ(y[16], 7 * 0.25F - 0.125F);
  EXPECT_EQ(y[1], -0.125F);
}

TEST(Elements, BeginAtAnyBlockAndAnyByte) {
  for (const Golden& golden : kGoldens) {
    SCOPED_TRACE(golden.name);
    const std::string block = goldenBlock(golden);
    const BlockShape shape = blockShape(golden.type);
    const std::string file = std::string(1 + block.size(), '\0').append(block);
    const StoredTensor tensor{
        "t", golden.type, golden.name, {2, shape.elements}, std::string_view(file).substr(1)};
    std::vector<float> second(static_cast<size_t>(shape.elements));
    readElements(tensor, shape.elements, second);
    for (const auto& [index, value] : golden.samples) EXPECT_EQ(second[index], value) << index;
  }
}

TEST(Elements, OfPlainTypesAreTheirNumbers) {
  const float numbers[] = {0.F, -0.F, 1.F, -2.5F, std::numeric_limits<float>::denorm_min(), 3e38F};
  const std::string bytes(reinterpret_cast<const char*>(numbers), sizeof numbers);
  std::vector<float> y(6);
  readElements({"t", StoredType::F32, "F32", {6}, bytes}, 0, y);
  for (size_t i = 0; i < y.size(); ++i) {
    EXPECT_EQ(std::bit_cast<uint32_t>(y[i]), std::bit_cast<uint32_t>(numbers[i]));
  }
  const uint16_t halves[] = {0x3C00, 0xC100, 0x0001, 0x8000, 0x7BFF, 0x0400};
  const std::string halfBytes(reinterpret_cast<const char*>(halves), sizeof halves);
  readElements({"t", StoredType::F16, "F16", {6}, halfBytes}, 0, y);
  EXPECT_EQ(y, (std::vector<float>{1.F, -2.5F, 0x1p-24F, -0.F, 65504.F, 0x1p-14F}));
  const uint16_t brains[] = {0x3F80, 0xC020, 0x0001, 0x8000, 0x7F7F, 0x4049};
  const std::string brainBytes(reinterpret_cast<const char*>(brains), sizeof brains);
  readElements({"t", StoredType::BF16, "BF16", {6}, brainBytes}, 0, y);
  EXPECT_EQ(y[0], 1.F);
  EXPECT_EQ(y[1], -2.5F);
  EXPECT_EQ(y[2], 0x1p-133F);
  EXPECT_EQ(y[5], 3.140625F);
}

}  // namespace
}  // namespace lectern
