// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "tests/support/tiny_model.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
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

inline double largestMagnitude(const std::vector<float>& values) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(double{value}));
  return largest;
}

}  // namespace lectern
