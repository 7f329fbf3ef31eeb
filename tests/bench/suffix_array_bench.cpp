// SPDX-License-Identifier: GPL-3.0-or-later
// How long the suffix array of a context takes: suffix_array_bench TEXT... prints the time to build
// it over the first 262,144 tokens and over all, and that of a step of a quotation. A token is a
// crude one: up to five letters, or one other character.
#include "core/answer/suffix_array.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using lectern::SuffixArray;

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<int32_t> crudeTokens(const std::string& text) {
  std::unordered_map<std::string, int32_t> ids;
  std::vector<int32_t> tokens;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && end < i + 5 && std::isalpha(static_cast<unsigned char>(text[end])))
      ++end;
    end = std::max(end, i + 1);
    const auto next = static_cast<int32_t>(ids.size());
    tokens.push_back(ids.try_emplace(text.substr(i, end - i), next).first->second);
    i = end;
  }
  return tokens;
}

void measure(const std::vector<int32_t>& tokens) {
  std::vector<double> builds;
  SuffixArray array;
  for (int i = 0; i < 7; ++i) {
    std::vector<int32_t> symbols = tokens;
    const auto start = std::chrono::steady_clock::now();
    array = SuffixArray(std::move(symbols));
    builds.push_back(secondsSince(start));
  }
  std::sort(builds.begin(), builds.end());

  std::mt19937 random(1);
  int64_t steps = 0;
  int64_t untilUnique = 0;
  constexpr int kWalks = 20'000;
  const auto start = std::chrono::steady_clock::now();
  for (int walk = 0; walk < kWalks; ++walk) {
    size_t at = random() % tokens.size();
    SuffixArray::Interval live = array.all();
    for (int32_t depth = 0; depth < 60 && at < tokens.size() && live.size() > 1; ++depth, ++at) {
      live = array.narrow(live, depth, tokens[at]);
      ++steps;
    }
    untilUnique += live.size() == 1 ? 1 : 0;
  }
  const double walked = secondsSince(start);
  std::printf(
      "%zu tokens: built in %.1f ms at best, %.1f ms in the median of 7; %.3f us a step; unique "
      "after %.1f tokens, %.0f %% within 60\n",
      tokens.size(), builds[0] * 1e3, builds[3] * 1e3, walked / static_cast<double>(steps) * 1e6,
      static_cast<double>(steps) / kWalks, 100.0 * static_cast<double>(untilUnique) / kWalks);
}

}  // namespace

int main(int argc, char** argv) {
  std::string text;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    text.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::vector<int32_t> tokens = crudeTokens(text);
  if (tokens.empty()) {
    std::fputs("suffix_array_bench TEXT...\n", stderr);
    return 2;
  }
  std::vector<int32_t> few(tokens.begin(),
                           tokens.begin() + std::min<ptrdiff_t>(262'144, std::ssize(tokens)));
  measure(few);
  if (tokens.size() > few.size()) measure(tokens);
  measure(std::vector<int32_t>(few.size(), 7));
  return 0;
}
