// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/backend.h"
#include "tests/kernels/op_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace lectern::kernels {
namespace {

class ExpertsTest : public testing::Test {
 protected:
  void SetUp() override {
    backend_ = openBackend("reference", 1).value();
    stream_ = backend_->newStream().value();
  }
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(ExpertsTest, RouterKeepsTheProbabilitiesOfAllExpertsAsTheyAre) {
  Matrix logits(1, 4), weights(1, 2);
  logits.values() = {1, 3, 3, -2};
  std::vector<int32_t> experts(2);
  backend_->run(Route{logits.view(), matrix(experts.data(), DType::I32, 1, 2), weights.view()},
                *stream_);
  EXPECT_EQ(experts, (std::vector<int32_t>{1, 2}));  // the lower number first on ties
  const double sum = std::exp(1.0) + 2 * std::exp(3.0) + std::exp(-2.0);
  EXPECT_NEAR(weights.at(0, 0), std::exp(3.0) / sum, 1e-6);
  EXPECT_NEAR(weights.at(0, 1), std::exp(3.0) / sum, 1e-6);
}

// One expert of a stack, as a weight of its own.
Weight expertOf(const Matrix& stack, int64_t rows, int64_t index) {
  Weight weight = stack.weight();
  weight.data = static_cast<const float*>(weight.data) + index * rows * weight.in;
  weight.out = rows;
  return weight;
}

TEST_F(ExpertsTest, AddTheWeightedNetworksOfTheChosenOnes) {
  constexpr int64_t kTokens = 3, kHidden = 4, kWidth = 5, kExperts = 3;
  Matrix gate = Matrix::random(kExperts * kWidth, kHidden, 1),
         up = Matrix::random(kExperts * kWidth, kHidden, 2),
         down = Matrix::random(kExperts * kHidden, kWidth, 3),
         in = Matrix::random(kTokens, kHidden, 4), weights = Matrix::random(kTokens, 2, 5, 0, 1),
         scratch(kTokens * 2, kHidden + kWidth), out(kTokens, kHidden);
  std::vector<int32_t> chosen = {0, 2, 2, 1, 1, 0};
  backend_->run(Experts{gate.weight(kExperts), up.weight(kExperts), down.weight(kExperts),
                        in.view(), matrix(chosen.data(), DType::I32, kTokens, 2), weights.view(),
                        scratch.view(), out.view()},
                *stream_);
  for (int64_t t = 0; t < kTokens; ++t) {
    Matrix expected(1, kHidden);
    for (int64_t k = 0; k < 2; ++k) {
      const int64_t e = chosen[static_cast<size_t>(t * 2 + k)];
      Matrix middle(1, kWidth), result(1, kHidden);
      backend_->run(LinearGated{expertOf(gate, kWidth, e), expertOf(up, kWidth, e),
                                in.view().rowRange(t, 1), middle.view()},
                    *stream_);
      backend_->run(Linear{expertOf(down, kHidden, e), middle.view(), {}, result.view()}, *stream_);
      for (int64_t i = 0; i < kHidden; ++i) expected.at(0, i) += weights.at(t, k) * result.at(0, i);
    }
    for (int64_t i = 0; i < kHidden; ++i) EXPECT_FLOAT_EQ(out.at(t, i), expected.at(0, i));
  }
}

}  // namespace
}  // namespace lectern::kernels
