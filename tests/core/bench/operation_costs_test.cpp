// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/operation_costs.h"

#include <gtest/gtest.h>

#include <vector>

namespace lectern::bench {
namespace {

using kernels::DType;

constexpr Ceilings kMachine{"", 1e9, 1e9, 2e9, 4e9};

/// Operands that are there, at places that nobody looks at.
struct Product {
  std::vector<float> memory = std::vector<float>(16);

  [[nodiscard]] kernels::Linear of(DType type, int64_t tokens) {
    kernels::Weight weight;
    weight.data = memory.data();
    weight.dtype = type;
    weight.out = 128;
    weight.in = 256;
    return {weight,
            kernels::matrix(memory.data(), DType::F32, tokens, 256),
            {},
            kernels::matrix(memory.data(), DType::F32, tokens, 128)};
  }
};

TEST(OperationCosts, AFloorIsTheLongerOfBytesAndArithmetic) {
  Product product;
  const auto floor = [&](DType type, int64_t tokens) {
    const kernels::Operation operation = product.of(type, tokens);
    return floorSeconds(operation, kernels::workOf(operation, 0), kMachine);
  };
  EXPECT_DOUBLE_EQ(floor(DType::F32, 1), (4 * 128 * 256 + 4 * 256 + 4 * 128) / 1e9);
  EXPECT_DOUBLE_EQ(floor(DType::F32, 512), 2.0 * 512 * 128 * 256 / 1e9);
  EXPECT_DOUBLE_EQ(floor(DType::BF16, 512), 2.0 * 512 * 128 * 256 / 2e9);
  EXPECT_DOUBLE_EQ(floor(DType::Q4_0, 512), 2.0 * 512 * 128 * 256 / 4e9);
  EXPECT_DOUBLE_EQ(floor(DType::Q4_0, 1), (18 * 4 * 256 + 4 * 256 + 4 * 128) / 1e9);
}

TEST(OperationCosts, AttentionOverACacheOfBytesIsDoneInBfloat16) {
  kernels::AttendMany attention;
  kernels::Work work;
  work.flops = 1'000'000;
  const auto floor = [&](DType cache) {
    attention.cache.dtype = cache;
    return floorSeconds(attention, work, kMachine);
  };
  EXPECT_DOUBLE_EQ(floor(DType::F32), 1e6 / kMachine.float32Operations);
  EXPECT_DOUBLE_EQ(floor(DType::BF16), 1e6 / kMachine.bfloat16Operations);
  EXPECT_DOUBLE_EQ(floor(DType::I8), 1e6 / kMachine.bfloat16Operations);
}

TEST(OperationCosts, AreAddedUpByNameAndSortedByTime) {
  Product product;
  CostSums sums(kMachine);
  const kernels::Operation wide = product.of(DType::BF16, 4);
  const kernels::Operation narrow = product.of(DType::Q4_0, 4);
  sums.add(wide, 0, 1);
  sums.add(narrow, 0, 3);
  sums.add(wide, 0, 1);
  const auto costs = sums.operations();
  ASSERT_EQ(costs.size(), 2U);
  EXPECT_EQ(costs[0].name, "Linear 128 × 256, 4.5 bits");
  EXPECT_EQ(costs[1].name, "Linear 128 × 256, 16 bits");
  EXPECT_EQ(costs[1].calls, 2);
  EXPECT_EQ(costs[1].seconds, 2);
  EXPECT_DOUBLE_EQ(sums.floorSeconds(), costs[0].floorSeconds + costs[1].floorSeconds);
  EXPECT_EQ(sums.work().flops, 3 * 2 * 4 * 128 * 256);
}

}  // namespace
}  // namespace lectern::bench
