// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/text_rank.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace lectern {

std::vector<SentenceVector> weigh(const std::vector<std::vector<int32_t>>& sentences) {
  std::vector<SentenceVector> vectors;
  std::unordered_map<int32_t, int> having;
  for (std::vector<int32_t> words : sentences) {
    std::sort(words.begin(), words.end());
    SentenceVector vector;
    for (const int32_t word : words) {
      if (vector.empty() || vector.back().first != word) vector.emplace_back(word, 0.0F);
      vector.back().second += 1;
    }
    for (const auto& entry : vector) ++having[entry.first];
    vectors.push_back(std::move(vector));
  }
  for (SentenceVector& vector : vectors) {
    double squares = 0;
    for (auto& [word, weight] : vector) {
      // One more than there are, so that a word that all have still counts a little.
      weight *=
          static_cast<float>(std::log(static_cast<double>(sentences.size() + 1) / having[word]));
      squares += static_cast<double>(weight) * weight;
    }
    for (auto& entry : vector) entry.second /= static_cast<float>(std::sqrt(squares));
  }
  return vectors;
}

double cosine(const SentenceVector& a, const SentenceVector& b) {
  double sum = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (i->first < j->first) {
      ++i;
    } else if (j->first < i->first) {
      ++j;
    } else {
      sum += static_cast<double>(i->second) * j->second;
      ++i;
      ++j;
    }
  }
  return sum;
}

std::vector<double> textRank(const std::vector<SentenceVector>& sentences) {
  constexpr double kDamping = 0.85;
  constexpr int kMaxRounds = 30;  // the change shrinks by the damping each round: 0.85^30 < 0.01
  constexpr double kSettled = 1e-3;
  const size_t n = sentences.size();
  std::vector<double> edges(n * n, 0);
  std::vector<double> outgoing(n, 0);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = i + 1; j < n; ++j) {
      edges[i * n + j] = edges[j * n + i] = cosine(sentences[i], sentences[j]);
      outgoing[i] += edges[i * n + j];
      outgoing[j] += edges[i * n + j];
    }
  }
  std::vector<double> rank(n, 1);
  for (int round = 0; round < kMaxRounds; ++round) {
    std::vector<double> next(n, 1 - kDamping);
    double change = 0;
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) {
        if (outgoing[j] > 0) next[i] += kDamping * rank[j] * edges[j * n + i] / outgoing[j];
      }
      change = std::max(change, std::abs(next[i] - rank[i]));
    }
    rank = std::move(next);
    if (change < kSettled) break;
  }
  return rank;
}

}  // namespace lectern
