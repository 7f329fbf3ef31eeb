// SPDX-License-Identifier: GPL-3.0-or-later
// Quantised tensors keep their blocks in memory. What the kernels make of a block is what the file
// format defines.
#include "kernels/quantised.h"

#include "core/model_file/elements.h"
#include "tests/kernels/op_data.h"

#include <gtest/gtest.h>

#include <utility>

namespace lectern {
namespace {

using kernels::DType;

class Quantised : public testing::TestWithParam<std::pair<StoredType, DType>> {};

TEST_P(Quantised, BlocksAreTheElementsOfTheFile) {
  const auto [stored, dtype] = GetParam();
  constexpr int64_t kCount = 256 * 64;
  const BlockShape shape = blockShape(stored);
  EXPECT_EQ(shape.elements, kernels::blockShape(dtype).elements);
  ASSERT_EQ(shape.bytes, kernels::blockShape(dtype).bytes);
  const std::vector<char> blocks = kernels::randomBlocks(dtype, kCount, 7);
  std::vector<float> expected(kCount);
  std::vector<float> values(kCount);
  readElements({"t", stored, "", {kCount}, {blocks.data(), blocks.size()}}, 0, expected);
  kernels::dequantise(dtype, blocks.data(), kCount, values.data());
  EXPECT_EQ(values, expected);
}

INSTANTIATE_TEST_SUITE_P(Types,
                         Quantised,
                         testing::Values(std::pair{StoredType::Q8_0, DType::Q8_0},
                                         std::pair{StoredType::Q4_0, DType::Q4_0},
                                         std::pair{StoredType::Q4_1, DType::Q4_1},
                                         std::pair{StoredType::Q5_0, DType::Q5_0},
                                         std::pair{StoredType::Q5_1, DType::Q5_1},
                                         std::pair{StoredType::Q4_K, DType::Q4_K},
                                         std::pair{StoredType::Q5_K, DType::Q5_K},
                                         std::pair{StoredType::Q6_K, DType::Q6_K}));

}  // namespace
}  // namespace lectern
