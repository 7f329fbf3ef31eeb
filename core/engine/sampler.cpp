// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/sampler.h"

#include "core/base/check.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace lectern {

namespace {

// A constraint rarely needs to look further down; where it leaves nothing of these, it is shown the
// whole vocabulary.
constexpr size_t kShownFirst = 256;

bool comesFirst(const TokenProb& a, const TokenProb& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

std::vector<TokenProb> best(std::vector<TokenProb> all, size_t count) {
  count = std::min(count, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<ptrdiff_t>(count), all.end(),
                    comesFirst);
  all.resize(count);
  return all;
}

// The named tokens and the most probable one, sorted. `all` is by ids, `named` rises.
std::vector<TokenProb> named(const std::vector<TokenProb>& all, std::span<const int32_t> tokens) {
  std::vector<TokenProb> list;
  list.reserve(tokens.size() + 1);
  for (const int32_t token : tokens) {
    if (token >= 0 && static_cast<size_t>(token) < all.size())
      list.push_back(all[static_cast<size_t>(token)]);
  }
  const TokenProb& first = *std::min_element(all.begin(), all.end(), comesFirst);
  if (!std::binary_search(tokens.begin(), tokens.end(), first.token)) list.push_back(first);
  std::sort(list.begin(), list.end(), comesFirst);
  return list;
}

// What the constraint leaves.
std::vector<TokenProb> constrained(const std::vector<TokenProb>& all, TokenConstraint& constraint) {
  if (const auto allowed = constraint.allowed()) {
    std::vector<TokenProb> list = named(all, *allowed);
    constraint.filter(list);
    return list;
  }
  std::vector<TokenProb> list = best(all, kShownFirst);
  constraint.filter(list);
  if (!list.empty() || all.size() <= kShownFirst) return list;
  list = best(all, all.size());
  constraint.filter(list);
  return list;
}

/// Candidates by falling probability, sorted only as far down as somebody looks: the tokens that a
/// sampler draws from are few among sixty-five thousand.
class Ranked {
 public:
  explicit Ranked(std::vector<TokenProb> list, bool isSorted)
      : list_(std::move(list)), sorted_(isSorted ? list_.size() : 0) {}

  [[nodiscard]] size_t size() const { return list_.size(); }
  const TokenProb& at(size_t rank) {
    while (rank >= sorted_) {
      const size_t target = std::min(list_.size(), std::max(kShownFirst, 8 * sorted_));
      const auto begin = list_.begin() + static_cast<ptrdiff_t>(sorted_);
      const auto end = list_.begin() + static_cast<ptrdiff_t>(target);
      std::nth_element(begin, end - 1, list_.end(), comesFirst);
      std::sort(begin, end, comesFirst);
      sorted_ = target;
    }
    return list_[rank];
  }

 private:
  std::vector<TokenProb> list_;
  size_t sorted_;
};

float massOf(const std::vector<TokenProb>& list) {
  float mass = 0;
  for (const TokenProb& candidate : list) mass += candidate.probability;
  return mass;
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options) : options_(options), random_(options.seed) {}

void Sampler::accept(int32_t token) {
  recent_.push_back(token);
  const auto window = static_cast<size_t>(std::max(0, options_.repetitionWindow));
  if (recent_.size() > 2 * window + 16) {
    recent_.erase(recent_.begin(), recent_.end() - static_cast<ptrdiff_t>(window));
  }
}

// All tokens by their ids, with penalised logits and the probabilities that follow from them.
std::vector<TokenProb> Sampler::distribution(std::span<const float> logits) const {
  std::vector<TokenProb> all(logits.size());
  for (size_t v = 0; v < logits.size(); ++v) all[v] = {static_cast<int32_t>(v), logits[v], 0};
  if (options_.repetitionPenalty != 1) {
    const size_t window =
        std::min(recent_.size(), static_cast<size_t>(std::max(0, options_.repetitionWindow)));
    const std::unordered_set<int32_t> seen(recent_.end() - static_cast<ptrdiff_t>(window),
                                           recent_.end());
    const auto penalty = static_cast<float>(options_.repetitionPenalty);
    for (const int32_t token : seen) {
      float& logit = all[static_cast<size_t>(token)].logit;
      logit = logit > 0 ? logit / penalty : logit * penalty;
    }
  }
  const float largest = std::min_element(all.begin(), all.end(), comesFirst)->logit;
  double sum = 0;
  for (TokenProb& candidate : all) {
    candidate.probability = std::exp(candidate.logit - largest);
    sum += double{candidate.probability};
  }
  for (TokenProb& candidate : all)
    candidate.probability = static_cast<float>(double{candidate.probability} / sum);
  return all;
}

// 53 random bits of [0, 1): std::uniform_real_distribution may differ from library to library.
double Sampler::uniform() {
  return static_cast<double>(random_() >> 11) * 0x1p-53;
}

Sampled Sampler::pick(std::span<const float> logits, TokenConstraint* constraint) {
  LECTERN_CHECK(!logits.empty());
  const bool greedy = options_.temperature <= 0;
  const bool cut = options_.topK > 0;
  std::vector<TokenProb> list = distribution(logits);
  const bool isSorted = constraint != nullptr || greedy || cut;
  if (constraint != nullptr) {
    list = constrained(list, *constraint);
  } else if (isSorted) {
    list = best(std::move(list), greedy ? 1 : static_cast<size_t>(options_.topK));
  }
  if (list.empty()) return {};
  const float kept = massOf(list);
  if (greedy) return {list.front().token, list.front().probability, kept};

  if (cut && list.size() > static_cast<size_t>(options_.topK))
    list.resize(static_cast<size_t>(options_.topK));
  const auto largest = double{std::ranges::min_element(list, comesFirst)->logit};
  const auto weight = [&](const TokenProb& candidate) {
    return std::exp((double{candidate.logit} - largest) / options_.temperature);
  };
  double sum = 0;
  for (const TokenProb& candidate : list) sum += weight(candidate);
  Ranked ranked(std::move(list), isSorted);
  std::vector<double> weights;
  double mass = 0;
  while (weights.size() < ranked.size() && (weights.empty() || mass < options_.topP * sum)) {
    const double next = weight(ranked.at(weights.size()));
    if (next < options_.minP) break;  // the best one weighs 1
    weights.push_back(next);
    mass += next;
  }
  double point = uniform() * mass;
  size_t chosen = 0;
  while (chosen + 1 < weights.size() && point >= weights[chosen]) point -= weights[chosen++];
  const TokenProb& token = ranked.at(chosen);
  return {token.token, token.probability, kept};
}

}  // namespace lectern
