// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/backend.h"
#include "tests/kernels/op_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace lectern::kernels {
namespace {

class TopLogitsTest : public testing::Test {
 protected:
  void run(const Tensor& mask, int64_t keep) {
    const auto backend = openBackend("reference", 1).value();
    const auto stream = backend->newStream().value();
    values_.assign(static_cast<size_t>(keep), 0);
    ids_.assign(static_cast<size_t>(keep), 0);
    backend->run(TopLogits{logits_.view(), mask, vector(values_.data(), DType::F32, keep),
                           vector(ids_.data(), DType::I32, keep)},
                 *stream);
  }
  Matrix logits_{1, 40};
  std::vector<float> values_;
  std::vector<int32_t> ids_;
};

TEST_F(TopLogitsTest, SortsByValueAndTakesTheLowerIdOnTies) {
  logits_.at(0, 7) = 3;
  logits_.at(0, 33) = 5;
  logits_.at(0, 34) = 3;
  run({}, 4);
  EXPECT_EQ(ids_, (std::vector<int32_t>{33, 7, 34, 0}));
  EXPECT_EQ(values_, (std::vector<float>{5, 3, 3, 0}));
}

TEST_F(TopLogitsTest, GivesOnlyAllowedTokensAndSaysWhereTheyEnd) {
  logits_.at(0, 33) = 5;
  std::vector<int32_t> mask = {1 << 2, 1 << 3};
  run(vector(mask.data(), DType::I32, 2), 3);
  EXPECT_EQ(ids_, (std::vector<int32_t>{2, 35, -1}));
  EXPECT_TRUE(std::isinf(values_[2]) && values_[2] < 0);
}

}  // namespace
}  // namespace lectern::kernels
