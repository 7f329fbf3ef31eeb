// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/suffix_array.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <vector>

namespace lectern {
namespace {

using Interval = SuffixArray::Interval;

// Few symbols, so that much is repeated; now and then a border.
std::vector<int32_t> someSymbols() {
  const int32_t kinds = *rc::gen::inRange(1, 6);
  return *rc::gen::container<std::vector<int32_t>>(rc::gen::inRange(-1, kinds));
}

// Whether a suffix comes before another, a border being smaller than all and different from itself.
bool comesBefore(const std::vector<int32_t>& symbols, size_t a, size_t b) {
  for (; a < symbols.size() && b < symbols.size(); ++a, ++b) {
    if (symbols[a] < 0 && symbols[b] < 0) return a < b;
    if (symbols[a] != symbols[b]) return symbols[a] < symbols[b];
  }
  return a == symbols.size();
}

std::vector<int32_t> positionsOf(const SuffixArray& array, Interval interval) {
  std::vector<int32_t> positions;
  for (int32_t i = interval.begin; i < interval.end; ++i) positions.push_back(array.position(i));
  return positions;
}

TEST(SuffixArray, SortsAsComparingSuffixesDoes) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<int32_t> symbols = someSymbols();
    std::vector<int32_t> naive(symbols.size());
    for (size_t i = 0; i < naive.size(); ++i) naive[i] = static_cast<int32_t>(i);
    std::sort(naive.begin(), naive.end(), [&](int32_t a, int32_t b) {
      return a != b && comesBefore(symbols, static_cast<size_t>(a), static_cast<size_t>(b));
    });
    const SuffixArray array(symbols);
    RC_ASSERT(positionsOf(array, array.all()) == naive);
  }));
}

// Walks a pattern, half of the time one that is there, and compares with a search of everything.
TEST(SuffixArray, NarrowsToExactlyThePlacesThatAgreeAndNeverAcrossABorder) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<int32_t> symbols = someSymbols();
    const SuffixArray array(symbols);
    Interval live = array.all();
    std::vector<int32_t> pattern;
    for (int32_t depth = 0; depth < 8 && !live.isEmpty(); ++depth) {
      std::set<int32_t> follows;
      std::vector<int32_t> naive;
      const int32_t next = *rc::gen::inRange(0, 6);
      for (size_t p = 0; p < symbols.size(); ++p) {
        size_t d = 0;
        while (d < pattern.size() && p + d < symbols.size() && symbols[p + d] == pattern[d]) ++d;
        if (d < pattern.size() || p + d >= symbols.size() || symbols[p + d] < 0) continue;
        follows.insert(symbols[p + d]);
        if (symbols[p + d] == next) naive.push_back(static_cast<int32_t>(p));
      }
      RC_ASSERT(array.following(live, depth) ==
                std::vector<int32_t>(follows.begin(), follows.end()));
      live = array.narrow(live, depth, next);
      std::vector<int32_t> found = positionsOf(array, live);
      std::sort(found.begin(), found.end());
      RC_ASSERT(found == naive);
      pattern.push_back(next);
    }
  }));
}

TEST(SuffixArray, KeepsOnlyTheWantedPlacesInTheSameOrder) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<int32_t> symbols = someSymbols();
    std::vector<int32_t> wanted;
    for (size_t i = 0; i < symbols.size(); ++i) {
      if (*rc::gen::inRange(0, 3) == 0) wanted.push_back(static_cast<int32_t>(i));
    }
    const SuffixArray whole(symbols);
    std::vector<int32_t> expected = positionsOf(whole, whole.all());
    std::erase_if(expected, [&](int32_t position) {
      return !std::binary_search(wanted.begin(), wanted.end(), position);
    });
    const SuffixArray part = SuffixArray(symbols).only(wanted);
    RC_ASSERT(positionsOf(part, part.all()) == expected);
  }));
}

TEST(SuffixArray, IsEmptyOfNothing) {
  const SuffixArray array(std::vector<int32_t>{});
  EXPECT_TRUE(array.all().isEmpty());
  EXPECT_TRUE(array.following(array.all(), 0).empty());
}

// The worst for prefix doubling: every suffix agrees with the next one almost to its end.
TEST(SuffixArray, SortsOneSymbolRepeated) {
  constexpr int32_t kCount = 20'000;
  const SuffixArray array(std::vector<int32_t>(kCount, 7));
  for (int32_t i = 0; i < kCount; ++i) ASSERT_EQ(array.position(i), kCount - 1 - i);
}

TEST(SuffixArray, TakesTheLargestSymbols) {
  const SuffixArray array({2'000'000'000, 5, -1, 2'000'000'000, 4});
  const Interval big = array.narrow(array.all(), 0, 2'000'000'000);
  EXPECT_EQ(positionsOf(array, big), (std::vector<int32_t>{3, 0}));
}

}  // namespace
}  // namespace lectern
