// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/backends.h"
#include "tests/support/engine_fixture.h"
#include "tests/support/golden_model.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

namespace lectern {
namespace {

const std::vector<int32_t> kTokens = {1, 5, 9, 14, 3, 7, 30, 2};

// Values of a double-precision implementation of the architecture, and of AI21's own first code in
// float32.
const std::vector<int> kArgmax = {16, 27, 28, 16, 26, 0, 22, 15};
const std::vector<double> kLogit0 = {-0.689622, 0.051498, -0.187127, -0.810986,
                                     0.676735,  2.070390, -1.461147, -0.888978};
const std::vector<double> kLast = {
    -0.888978, -2.246199, 0.658917,  1.266090,  1.136136,  -0.932288, -0.926095, 2.378341,
    -1.595478, -1.202650, -0.086071, -1.577317, 1.980525,  1.273436,  -1.620788, 3.110191,
    0.410140,  -0.037649, -0.149886, 2.281662,  -1.581040, 1.285325,  2.754485,  1.866958,
    1.252814,  -0.012914, 0.577086,  0.078413,  1.094263,  0.819834,  0.427504,  -0.462338};

class MiniGolden : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    loaded_ = LoadedModel::load(tiny_model::miniConfig(), GetParam(), 512).value();
  }
  /// The rows of a float32 tensor, which may lie in a card's memory.
  std::vector<std::vector<float>> hostCopy(const kernels::Tensor& tensor) {
    std::vector<std::vector<float>> rows(static_cast<size_t>(tensor.rows));
    const auto stream = loaded_.backend->newStream().value();
    for (int64_t r = 0; r < tensor.rows; ++r) {
      auto& row = rows[static_cast<size_t>(r)];
      row.resize(static_cast<size_t>(tensor.cols));
      stream->copyOut(row.data(), tensor.row<float>(r), tensor.cols * 4);
    }
    EXPECT_TRUE(stream->wait());
    return rows;
  }
  LoadedModel loaded_;
};

TEST_P(MiniGolden, GivesThePublishedLogits) {
  States states = loaded_.newStates();
  const std::vector<float> logits = loaded_.read(states, kTokens, std::vector<int64_t>{8});
  ASSERT_EQ(logits.size(), 8U * 32U);
  double worst = 0;
  double largest = 0;
  for (size_t t = 0; t < 8; ++t) {
    const auto row = logits.begin() + static_cast<ptrdiff_t>(t * 32);
    EXPECT_EQ(std::max_element(row, row + 32) - row, kArgmax[t]) << "token " << t;
    worst = std::max(worst, std::abs(double{row[0]} - kLogit0[t]));
  }
  for (size_t v = 0; v < 32; ++v) {
    worst = std::max(worst, std::abs(double{logits[7 * 32 + v]} - kLast[v]));
    largest = std::max(largest, std::abs(kLast[v]));
  }
  // The table has six decimals, so half a unit of the last is not an error of ours.
  EXPECT_LT((worst - 0.5e-6) / largest, GetParam() == "reference" ? 1e-5 : 1e-4);
}

TEST_P(MiniGolden, LeavesThePublishedStates) {
  States states = loaded_.newStates();
  loaded_.read(states, kTokens, std::vector<int64_t>{8});
  const auto ssm = hostCopy(states.view().ssmState(0));    // [S, I] where the table has [I, S]
  const auto conv = hostCopy(states.view().convState(0));  // [K − 1, I]
  const double row0[] = {-0.02350409, -0.00232513, 0.03982235, -0.02542970, 0.00988228};
  double sum = 0;
  for (int64_t s = 0; s < 5; ++s) {
    EXPECT_NEAR(ssm[static_cast<size_t>(s)][0], row0[s], 1e-6);
    for (size_t c = 0; c < 32; ++c) sum += double{ssm[static_cast<size_t>(s)][c]};
  }
  EXPECT_NEAR(sum, 0.76874522, 1e-5);
  const double newest[] = {1.14564340, -0.85654302, -1.29287156, -1.00016630};
  for (size_t c = 0; c < 4; ++c) EXPECT_NEAR(conv[2][c], newest[c], 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Backends,
                         MiniGolden,
                         testing::ValuesIn(test::backendNames()),
                         [](const auto& info) { return test::asTestName(info.param); });

// Logits of tests/golden/make_golden.py, in float64, at shapes that real kernels can run.
class Float64Golden : public testing::TestWithParam<std::tuple<const char*, std::string>> {};

TEST_P(Float64Golden, AgreesWithinTheBoundOfItsType) {
  const GoldenModel golden{std::get<0>(GetParam())};
  LoadedModel loaded =
      LoadedModel::load(golden.config(), std::get<1>(GetParam()), 512, golden.numbers()).value();
  States states = loaded.newStates();
  const std::vector<float> expected = golden.logits();
  const std::vector<float> logits = loaded.read(states, golden.tokens(), std::vector<int64_t>{40});
  ASSERT_EQ(logits.size(), expected.size());
  const std::vector<double> errors =
      rowErrors(logits, expected, static_cast<size_t>(loaded.config.vocabSize));
  const double largest = largestMagnitude(expected);
  if (golden.name == "midi-bf16") {
    EXPECT_LT(median(errors) / largest, 2e-2);
  } else {
    const double bound =
        golden.name == "mini" && std::get<1>(GetParam()) == "reference" ? 1e-5 : 1e-4;
    EXPECT_LT(*std::max_element(errors.begin(), errors.end()) / largest, bound);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Backends,
    Float64Golden,
    testing::Combine(testing::Values("mini", "midi", "midi-bytes", "midi-bf16"),
                     testing::ValuesIn(test::backendNames())),
    [](const auto& info) {
      return test::asTestName(std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param));
    });

}  // namespace
}  // namespace lectern
