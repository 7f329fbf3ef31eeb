// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a model decides by comparing numbers, the next token and each token's experts, must be what
// float64 decides wherever the numbers are further apart than a path's error can account for.
#include "tests/support/backends.h"
#include "tests/support/engine_fixture.h"
#include "tests/support/golden_model.h"
#include "tests/support/wrapped_backend.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace lectern {
namespace {

using kernels::Route;

class GoldenChoices : public testing::TestWithParam<std::tuple<const char*, std::string>> {
 protected:
  // Reads the golden's tokens in one chunk and notes what each router said and chose.
  void SetUp() override {
    const GoldenModel golden{std::get<0>(GetParam())};
    LoadedModel loaded =
        LoadedModel::load(golden.config(), std::get<1>(GetParam()), 512, golden.numbers()).value();
    loaded.backend->afterOperation = [&](const kernels::Operation& op, kernels::Stream& stream) {
      if (const auto* route = std::get_if<Route>(&op)) note(*route, stream);
    };
    States states = loaded.newStates();
    logits_ = loaded.read(states, golden.tokens(), std::vector<int64_t>{40});
    expectedLogits_ = golden.logits();
    expectedScores_ = golden.routers();
    vocab_ = static_cast<size_t>(loaded.config.vocabSize);
    experts_ = static_cast<size_t>(loaded.config.numExperts);
    topK_ = static_cast<size_t>(loaded.config.numExpertsPerTok);
  }

  void note(const Route& route, kernels::Stream& stream) {
    std::vector<float> scores(static_cast<size_t>(route.logits.rows * route.logits.cols));
    std::vector<int32_t> chosen(static_cast<size_t>(route.experts.rows * route.experts.cols));
    stream.copyOut(scores.data(), route.logits.data, route.logits.bytes());
    stream.copyOut(chosen.data(), route.experts.data, route.experts.bytes());
    ASSERT_TRUE(stream.wait());
    scores_.push_back(std::move(scores));
    chosen_.push_back(std::move(chosen));
  }

  // Says how many of the 40 choices the margin decides.
  int compareExperts(size_t layer) {
    std::vector<float> expected;
    for (size_t t = 0; t < 40; ++t) {
      const auto row =
          expectedScores_.begin() + static_cast<ptrdiff_t>((t * scores_.size() + layer) * experts_);
      expected.insert(expected.end(), row, row + static_cast<ptrdiff_t>(experts_));
    }
    EXPECT_EQ(scores_[layer].size(), expected.size());
    return sameExperts(scores_[layer], chosen_[layer], expected, experts_, topK_);
  }

  std::vector<float> logits_, expectedLogits_, expectedScores_;
  std::vector<std::vector<float>> scores_;    // [layer][token, expert]
  std::vector<std::vector<int32_t>> chosen_;  // [layer][token, rank]
  size_t vocab_ = 0, experts_ = 0, topK_ = 0;
};

TEST_P(GoldenChoices, AreTheSameWhereTheMarginAllows) {
  ASSERT_EQ(logits_.size(), expectedLogits_.size());
  EXPECT_GE(sameTokens(logits_, expectedLogits_, vocab_), 30);
  const size_t layers = scores_.size();
  ASSERT_EQ(expectedScores_.size(), 40 * layers * experts_);
  for (size_t layer = 0; layer < layers; ++layer) EXPECT_GE(compareExperts(layer), 30);
}

INSTANTIATE_TEST_SUITE_P(
    Backends,
    GoldenChoices,
    testing::Combine(testing::Values("mini", "midi", "midi-bytes", "midi-bf16"),
                     testing::ValuesIn(test::backendNames())),
    [](const auto& info) {
      return test::asTestName(std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param));
    });

}  // namespace
}  // namespace lectern
