// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace lectern {
namespace {

const std::vector<float> kLogits = {0.0F, 2.0F, 1.0F, 2.0F, -1.0F};

std::set<int32_t> drawn(const SamplerOptions& options, int times = 2000) {
  Sampler sampler(options);
  std::set<int32_t> seen;
  for (int i = 0; i < times; ++i) seen.insert(sampler.pick(kLogits, nullptr).token);
  return seen;
}

class Only final : public TokenConstraint {
 public:
  explicit Only(std::set<int32_t> allowed) : allowed_(std::move(allowed)) {}
  void filter(std::vector<TokenProb>& candidates) override {
    shown_.push_back(candidates.size());
    std::erase_if(candidates, [&](const TokenProb& c) { return !allowed_.contains(c.token); });
  }
  std::vector<int32_t> forced() override { return {}; }
  void accept(int32_t /*token*/) override {}
  std::vector<size_t> shown_;

 private:
  std::set<int32_t> allowed_;
};

TEST(Sampler, TakesTheBestAndTheLowerIdOnTiesWithoutTemperature) {
  const Sampled sampled = Sampler({}).pick(kLogits, nullptr);
  EXPECT_EQ(sampled.token, 1);
  double sum = 0;
  for (const float logit : kLogits) sum += std::exp(double{logit});
  EXPECT_NEAR(sampled.probability, std::exp(2.0) / sum, 1e-6);
}

TEST(Sampler, DrawsByTheSoftmaxOfTheTemperature) {
  Sampler sampler({.temperature = 2, .seed = 7});
  std::array<int, 5> counts{};
  constexpr int kDraws = 40'000;
  for (int i = 0; i < kDraws; ++i)
    ++counts[static_cast<size_t>(sampler.pick(kLogits, nullptr).token)];
  double sum = 0;
  for (const float logit : kLogits) sum += std::exp(double{logit} / 2);
  for (size_t v = 0; v < 5; ++v) {
    EXPECT_NEAR(counts[v] / double{kDraws}, std::exp(double{kLogits[v]} / 2) / sum, 0.01);
  }
}

TEST(Sampler, CutsByRankMassAndShare) {
  EXPECT_EQ(drawn({.temperature = 1, .topK = 2}), (std::set<int32_t>{1, 3}));
  // The two best have 0.40 each at temperature 1, the next 0.15.
  EXPECT_EQ(drawn({.temperature = 1, .topP = 0.5}), (std::set<int32_t>{1, 3}));
  EXPECT_EQ(drawn({.temperature = 1, .topP = 0.9}), (std::set<int32_t>{1, 2, 3}));
  EXPECT_EQ(drawn({.temperature = 1, .topP = 0}), (std::set<int32_t>{1}));
  EXPECT_EQ(drawn({.temperature = 1, .minP = 0.5}), (std::set<int32_t>{1, 3}));
  EXPECT_EQ(drawn({.temperature = 1}).size(), 5U);
}

// The long way round: everything is sorted, then cut.
int32_t drawnFromAll(const std::vector<float>& logits, double topP, double minP, double point) {
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](int32_t a, int32_t b) {
    return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)];
  });
  const auto weight = [&](int32_t token) {
    return std::exp(double{logits[static_cast<size_t>(token)]} -
                    double{logits[static_cast<size_t>(order[0])]});
  };
  double sum = 0;
  for (const int32_t token : order) sum += weight(token);
  double mass = 0;
  size_t count = 0;
  while (count < order.size() && (count == 0 || mass < topP * sum) && weight(order[count]) >= minP)
    mass += weight(order[count++]);
  point *= mass;
  size_t chosen = 0;
  while (chosen + 1 < count && point >= weight(order[chosen])) point -= weight(order[chosen++]);
  return order[chosen];
}

// Flat and steep ones, so that the cut falls on the first few and on the last ones.
TEST(Sampler, CutsALargeVocabularyAsIfAllOfItWereSorted) {
  std::mt19937_64 numbers(5);
  std::vector<float> logits(20'000);
  for (const double steepness : {0.0, 0.2, 1.0, 4.0}) {
    for (float& logit : logits) {
      logit = static_cast<float>(steepness * static_cast<double>(numbers() % 64) / 8);
    }
    for (const auto& [topP, minP] : {std::pair{1.0, 0.0}, {0.95, 0.0}, {0.3, 0.0}, {1.0, 0.1}}) {
      Sampler sampler({.temperature = 1, .topP = topP, .minP = minP, .seed = 11});
      std::mt19937_64 points(11);
      for (int i = 0; i < 20; ++i) {
        const double point = static_cast<double>(points() >> 11) * 0x1p-53;
        EXPECT_EQ(sampler.pick(logits, nullptr).token, drawnFromAll(logits, topP, minP, point));
      }
    }
  }
}

TEST(Sampler, RepeatsItselfForTheSameSeed) {
  Sampler a({.temperature = 1, .seed = 42}), b({.temperature = 1, .seed = 42}),
      c({.temperature = 1, .seed = 43});
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const int32_t token = a.pick(kLogits, nullptr).token;
    EXPECT_EQ(token, b.pick(kLogits, nullptr).token);
    differs = differs || token != c.pick(kLogits, nullptr).token;
  }
  EXPECT_TRUE(differs);
}

TEST(Sampler, PenalisesWhatStoodThereWithinItsWindow) {
  Sampler sampler({.repetitionPenalty = 4, .repetitionWindow = 2});
  sampler.accept(1);
  EXPECT_EQ(sampler.pick(kLogits, nullptr).token, 3);
  sampler.accept(3);
  EXPECT_EQ(sampler.pick(kLogits, nullptr).token, 2);
  sampler.accept(0);
  EXPECT_EQ(sampler.pick(kLogits, nullptr).token, 1);
}

TEST(Sampler, ObeysTheConstraintAndMeasuresWhatItLeft) {
  Only only({2, 4});
  const Sampled sampled = Sampler({}).pick(kLogits, &only);
  EXPECT_EQ(sampled.token, 2);
  EXPECT_GT(sampled.keptMass, sampled.probability);
  EXPECT_LT(sampled.keptMass, 0.2F);
}

TEST(Sampler, ShowsTheConstraintEverythingBeforeItGivesUp) {
  std::vector<float> logits(1000);
  for (size_t v = 0; v < logits.size(); ++v) logits[v] = -static_cast<float>(v) / 100;
  Only late({999});
  EXPECT_EQ(Sampler({}).pick(logits, &late).token, 999);
  EXPECT_EQ(late.shown_, (std::vector<size_t>{256, 1000}));
  Only none({});
  EXPECT_EQ(Sampler({}).pick(logits, &none).token, -1);
}

// Names what may come next, and removes nothing.
class Named final : public TokenConstraint {
 public:
  std::optional<std::vector<int32_t>> allowed() override { return std::vector{3, 998, 999}; }
  void filter(std::vector<TokenProb>& candidates) override {
    for (const TokenProb& candidate : candidates) shown_.push_back(candidate.token);
    std::erase_if(candidates, [](const TokenProb& c) { return c.token < 900; });
  }
  std::vector<int32_t> forced() override { return {}; }
  void accept(int32_t /*token*/) override {}
  std::vector<int32_t> shown_;
};

TEST(Sampler, ShowsAConstraintTheTokensThatItNamesAndTheBestOfAll) {
  std::vector<float> logits(1000);
  for (size_t v = 0; v < logits.size(); ++v) logits[v] = -static_cast<float>(v) / 100;
  logits[999] = logits[998] + 0.001F;
  Named named;
  const Sampled sampled = Sampler({}).pick(logits, &named);
  EXPECT_EQ(named.shown_, (std::vector<int32_t>{0, 3, 999, 998}));
  EXPECT_EQ(sampled.token, 999);
  EXPECT_LT(sampled.keptMass, 1e-5);
  EXPECT_GT(sampled.keptMass, sampled.probability);
}

}  // namespace
}  // namespace lectern
