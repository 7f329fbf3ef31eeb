// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/engine_fixture.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
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

class MiniGolden : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    loaded_ = LoadedModel::load(tiny_model::miniConfig(), GetParam(), 512).value();
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
  EXPECT_LT((worst - 0.5e-6) / largest, 1e-5);
}

TEST_P(MiniGolden, LeavesThePublishedStates) {
  States states = loaded_.newStates();
  loaded_.read(states, kTokens, std::vector<int64_t>{8});
  const kernels::Tensor ssm = states.ssmState(0);    // [S, I] where the table has [I, S]
  const kernels::Tensor conv = states.convState(0);  // [K − 1, I]
  const double row0[] = {-0.02350409, -0.00232513, 0.03982235, -0.02542970, 0.00988228};
  double sum = 0;
  for (int64_t s = 0; s < 5; ++s) {
    EXPECT_NEAR(ssm.row<float>(s)[0], row0[s], 1e-6);
    for (int64_t c = 0; c < 32; ++c) sum += double{ssm.row<float>(s)[c]};
  }
  EXPECT_NEAR(sum, 0.76874522, 1e-5);
  const double newest[] = {1.14564340, -0.85654302, -1.29287156, -1.00016630};
  for (int64_t c = 0; c < 4; ++c) EXPECT_NEAR(conv.row<float>(2)[c], newest[c], 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Backends, MiniGolden, testing::Values("reference"));

std::vector<float> goldenLogits(const std::string& name) {
  const std::string bytes =
      readFile(std::string(LECTERN_SOURCE_DIR) + "/tests/golden/" + name + ".logits.f32", 1 << 20)
          .value();
  std::vector<float> logits(bytes.size() / sizeof(float));
  std::memcpy(logits.data(), bytes.data(), bytes.size());
  return logits;
}

std::vector<int32_t> goldenTokens(int64_t vocab) {
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < 40; ++i)
    tokens.push_back(static_cast<int32_t>((7 * i * i + 3 * i + 1) % vocab));
  return tokens;
}

// Of each token: max|Δ| over its logits, relative to the largest logit of all.
std::vector<double> errors(const std::vector<float>& logits,
                           const std::vector<float>& expected,
                           int64_t vocab) {
  double largest = 0;
  for (const float logit : expected) largest = std::max(largest, std::abs(double{logit}));
  std::vector<double> result;
  for (size_t t = 0; t < expected.size() / static_cast<size_t>(vocab); ++t) {
    double worst = 0;
    for (size_t i = t * static_cast<size_t>(vocab); i < (t + 1) * static_cast<size_t>(vocab); ++i) {
      worst = std::max(worst, std::abs(double{logits[i]} - double{expected[i]}));
    }
    result.push_back(worst / largest);
  }
  return result;
}

// Logits of tests/golden/make_golden.py, in float64, at shapes that real kernels can run.
class Float64Golden : public testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  void SetUp() override {
    name_ = std::get<0>(GetParam());
    config_ = name_ == "mini" ? tiny_model::miniConfig() : tiny_model::midiConfig();
    if (name_ == "midi-bytes") config_["vocab_size"] = 256;
    vocab_ = config_["vocab_size"].get<int64_t>();
  }
  std::vector<double> measure() {
    LoadedModel loaded =
        LoadedModel::load(config_, std::get<1>(GetParam()), 512, {.bfloat16 = name_ == "midi-bf16"})
            .value();
    States states = loaded.newStates();
    return errors(loaded.read(states, goldenTokens(vocab_), std::vector<int64_t>{40}),
                  goldenLogits(name_), vocab_);
  }
  std::string name_;
  nlohmann::json config_;
  int64_t vocab_ = 0;
};

TEST_P(Float64Golden, AgreesWithinTheBoundOfItsType) {
  std::vector<double> list = measure();
  ASSERT_EQ(list.size(), 40U);
  std::sort(list.begin(), list.end());
  if (name_ == "midi-bf16") {
    EXPECT_LT(list[20], 2e-2);
  } else {
    EXPECT_LT(list.back(), name_ == "mini" ? 1e-5 : 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Backends,
    Float64Golden,
    testing::Combine(testing::Values("mini", "midi", "midi-bytes", "midi-bf16"),
                     testing::Values("reference")));

}  // namespace
}  // namespace lectern
