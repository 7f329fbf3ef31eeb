// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// A model of tests/golden/make_golden.py and what it wrote of it, in float64, for the 40 tokens of
/// goldenTokens.
struct GoldenModel {
  std::string name;

  [[nodiscard]] nlohmann::json config() const {
    nlohmann::json config = name == "mini" ? tiny_model::miniConfig() : tiny_model::midiConfig();
    if (name == "midi-bytes") config["vocab_size"] = 256;
    return config;
  }
  [[nodiscard]] tiny_model::Numbers numbers() const { return {.bfloat16 = name == "midi-bf16"}; }
  [[nodiscard]] std::vector<int32_t> tokens() const {
    const auto vocab = config()["vocab_size"].get<int64_t>();
    std::vector<int32_t> tokens;
    for (int64_t i = 0; i < 40; ++i)
      tokens.push_back(static_cast<int32_t>((7 * i * i + 3 * i + 1) % vocab));
    return tokens;
  }
  [[nodiscard]] std::vector<float> logits() const { return read("logits"); }  ///< [token, vocab]
  [[nodiscard]] std::vector<float> routers() const {
    return read("routers");
  }  ///< [token, layer
     ///< with experts,
     ///< expert]

 private:
  [[nodiscard]] std::vector<float> read(std::string_view kind) const {
    const std::string path = std::string(LECTERN_SOURCE_DIR) + "/tests/golden/" + name + "." +
                             std::string(kind) + ".f32";
    const std::string bytes = readFile(path, 1 << 20).value();
    std::vector<float> numbers(bytes.size() / sizeof(float));
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
    return numbers;
  }
};

/// Of each row of `cols` numbers: max|Δ|.
inline std::vector<double> rowErrors(const std::vector<float>& values,
                                     const std::vector<float>& expected,
                                     size_t cols) {
  std::vector<double> errors(expected.size() / cols);
  for (size_t i = 0; i < expected.size(); ++i) {
    errors[i / cols] =
        std::max(errors[i / cols], std::abs(double{values[i]} - double{expected[i]}));
  }
  return errors;
}

inline double median(std::vector<double> list) {
  std::sort(list.begin(), list.end());
  return list[list.size() / 2];
}

/// The indices of the `count` largest of `size` numbers, and how far the next one is behind.
struct Choice {
  std::set<int32_t> chosen;
  double margin = 0;

  Choice(const float* numbers, size_t size, size_t count) {
    std::vector<int32_t> order(size);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int32_t a, int32_t b) { return numbers[a] > numbers[b]; });
    chosen.insert(order.begin(), order.begin() + static_cast<ptrdiff_t>(count));
    margin = double{numbers[order[count - 1]]} - double{numbers[order[count]]};
  }
};

// What a path decides must be what was expected wherever the expected numbers are further apart
// than three times the path's error. Both say how many rows that decides.

/// The largest logit of each row.
inline int sameTokens(const std::vector<float>& logits,
                      const std::vector<float>& expected,
                      size_t vocab) {
  const double error = median(rowErrors(logits, expected, vocab));
  int decided = 0;
  for (size_t at = 0; at < expected.size(); at += vocab) {
    const Choice choice(&expected[at], vocab, 1);
    if (choice.margin <= 3 * error) continue;
    ++decided;
    EXPECT_EQ(Choice(&logits[at], vocab, 1).chosen, choice.chosen) << "row " << at / vocab;
  }
  return decided;
}

/// The experts of each token, which a router's scores decide.
inline int sameExperts(const std::vector<float>& scores,
                       const std::vector<int32_t>& chosen,
                       const std::vector<float>& expectedScores,
                       size_t experts,
                       size_t topK) {
  const double error = median(rowErrors(scores, expectedScores, experts));
  int decided = 0;
  for (size_t t = 0; t < expectedScores.size() / experts; ++t) {
    const Choice choice(&expectedScores[t * experts], experts, topK);
    if (choice.margin <= 3 * error) continue;
    ++decided;
    const auto first = chosen.begin() + static_cast<ptrdiff_t>(t * topK);
    EXPECT_EQ(std::set<int32_t>(first, first + static_cast<ptrdiff_t>(topK)), choice.chosen)
        << "token " << t;
  }
  return decided;
}

inline double largestMagnitude(const std::vector<float>& values) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(double{value}));
  return largest;
}

}  // namespace lectern
