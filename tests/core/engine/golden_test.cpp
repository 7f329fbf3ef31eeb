// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/engine_fixture.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
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

RC_GTEST_PROP(Model, GivesTheSameBitsForAnyChunkingOnTheReference, ()) {
  static LoadedModel loaded = LoadedModel::load(tiny_model::miniConfig(), "reference", 512).value();
  const auto tokens =
      *rc::gen::container<std::vector<int32_t>>(40, rc::gen::inRange<int32_t>(0, 32));
  const auto chunks = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(1, 12)));
  States whole = loaded.newStates();
  States parts = loaded.newStates();
  States single = loaded.newStates();
  const auto expected = loaded.read(whole, tokens, std::vector<int64_t>{40});
  RC_ASSERT(loaded.read(parts, tokens, chunks) == expected);
  RC_ASSERT(loaded.read(single, tokens, std::vector<int64_t>{1}) == expected);
  RC_ASSERT(whole.tokenHash() == parts.tokenHash());
}

// Every layout that the config can spell runs, and token by token equals all at once.
class Layouts : public testing::TestWithParam<const char*> {};

TEST_P(Layouts, RunTokenByTokenAsAtOnce) {
  nlohmann::json config = tiny_model::miniConfig();
  config.update(nlohmann::json::parse(GetParam()));
  LoadedModel loaded = LoadedModel::load(config, "reference", 512).value();
  std::vector<int32_t> tokens(30);
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<int32_t>(i * 7 % 32);
  States whole = loaded.newStates();
  States single = loaded.newStates();
  const auto expected = loaded.read(whole, tokens, std::vector<int64_t>{30});
  EXPECT_EQ(loaded.read(single, tokens, std::vector<int64_t>{1}), expected);
  EXPECT_TRUE(
      std::all_of(expected.begin(), expected.end(), [](float x) { return std::isfinite(x); }));
}

INSTANTIATE_TEST_SUITE_P(
    Engine,
    Layouts,
    testing::Values(
        R"({"num_experts": 1})",
        R"({"attn_layer_period": 1, "attn_layer_offset": 0})",
        R"({"attn_layer_period": 100, "attn_layer_offset": 99})",
        R"({"expert_layer_period": 1, "expert_layer_offset": 0})",
        R"({"num_key_value_heads": null})",
        R"({"num_key_value_heads": 1, "num_experts_per_tok": 1})",
        R"({"vocab_size": 256, "mamba_d_conv": 2, "mamba_d_state": 1})",
        R"({"model_type": "mamba", "state_size": 4, "conv_kernel": 3, "time_step_rank": "auto",
                        "intermediate_size": 32})"));

TEST(Model, ReadsBfloat16AsTheRoundedWeights) {
  LoadedModel exact = LoadedModel::load(tiny_model::miniConfig(), "reference", 512).value();
  LoadedModel rounded =
      LoadedModel::load(tiny_model::miniConfig(), "reference", 512, kernels::DType::BF16).value();
  States a = exact.newStates();
  States b = rounded.newStates();
  const auto x = exact.read(a, kTokens, std::vector<int64_t>{8});
  const auto y = rounded.read(b, kTokens, std::vector<int64_t>{8});
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, std::abs(double{x[i]} - double{y[i]}));
  EXPECT_GT(worst, 0);
  EXPECT_LT(worst / 3.11, 5e-2);
}

TEST(Model, TapChangesNoBitOfTheLogits) {
  LoadedModel loaded = LoadedModel::load(tiny_model::miniConfig(), "reference", 512).value();
  States plain = loaded.newStates();
  States tapped = loaded.newStates();
  const std::vector<float> heads = {1, 1, 0, 0.5F};
  for (int32_t token = 0; token < 100; ++token) {
    const int32_t id[] = {token % 32};
    ASSERT_TRUE(loaded.model->run(plain, id, {}));
    const std::vector<float> expected(loaded.model->logits().begin(), loaded.model->logits().end());
    EXPECT_TRUE(loaded.model->mass().empty());
    ASSERT_TRUE(loaded.model->run(tapped, id, {.allLogits = false, .tapWeights = heads}));
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), loaded.model->logits().begin()));
  }
  ASSERT_EQ(loaded.model->mass().size(), 2U);
  EXPECT_NEAR(loaded.model->mass()[0] + loaded.model->mass()[1], 2.5, 1e-4);
}

TEST(Model, SaysBothNumbersWhereTheWindowIsFull) {
  LoadedModel loaded = LoadedModel::load(tiny_model::miniConfig(), "reference", 10).value();
  States states = loaded.newStates();
  ASSERT_TRUE(loaded.model->run(states, kTokens, {}));
  const Result<void> over = loaded.model->run(states, kTokens, {});
  ASSERT_FALSE(over.has_value());
  EXPECT_EQ(over.error().code, ErrorCode::DoesNotFit);
  EXPECT_EQ(over.error().message,
            "8 tokens do not fit behind the 8 that were read: the window holds 10.");
}

}  // namespace
}  // namespace lectern
