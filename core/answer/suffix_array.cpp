// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/suffix_array.h"

#include "core/base/check.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace lectern {

namespace {

using Interval = SuffixArray::Interval;

constexpr int kDigitBits = 11;  // three passes over 31-bit symbols, a table that fits the L1 cache

// Sorts positions by their symbols, borders first, equal ones by position.
std::vector<int32_t> sortedBySymbol(std::span<const int32_t> symbols) {
  const auto keyOf = [&](int32_t position) {
    return static_cast<uint32_t>(std::max(symbols[static_cast<size_t>(position)], -1) + 1);
  };
  std::vector<int32_t> order(symbols.size());
  uint32_t largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<int32_t>(i);
    largest = std::max(largest, keyOf(order[i]));
  }
  std::vector<int32_t> next(order.size());
  for (int shift = 0; shift < 32 && (largest >> shift) > 0; shift += kDigitBits) {
    const auto digitOf = [&](int32_t position) {
      return (keyOf(position) >> shift) & ((1U << kDigitBits) - 1);
    };
    std::vector<int32_t> place((1U << kDigitBits) + 1);
    for (const int32_t position : order) ++place[digitOf(position) + 1];
    for (size_t d = 1; d < place.size(); ++d) place[d] += place[d - 1];
    for (const int32_t position : order)
      next[static_cast<size_t>(place[digitOf(position)]++)] = position;
    order.swap(next);
  }
  return order;
}

// The sorting in progress. A group is a run of suffixes that agree in their first `depth` symbols;
// rank[p] is the last place of p's group, so that ranks only fall while groups are cut up.
struct Sorting {
  std::vector<int32_t>& sorted;
  std::vector<int32_t> rank;
  std::vector<Interval> groups;   // of more than one suffix
  std::vector<uint64_t> keyed;    // a group's members: rank behind `depth`, then position
  std::vector<Interval> smaller;  // what the groups fall into

  void close(int32_t begin, int32_t end) {
    for (int32_t i = begin; i < end; ++i)
      rank[static_cast<size_t>(sorted[static_cast<size_t>(i)])] = end - 1;
    if (end - begin > 1) smaller.push_back({begin, end});
  }

  void cutUp(Interval group, int32_t depth) {
    keyed.clear();
    for (int32_t i = group.begin; i < group.end; ++i) {
      const int32_t position = sorted[static_cast<size_t>(i)];
      const size_t behind = static_cast<size_t>(position) + static_cast<size_t>(depth);
      const uint32_t key = behind < rank.size() ? static_cast<uint32_t>(rank[behind]) + 1 : 0;
      keyed.push_back(uint64_t{key} << 32 | static_cast<uint32_t>(position));
    }
    std::sort(keyed.begin(), keyed.end());
    for (size_t i = 0; i < keyed.size(); ++i)
      sorted[static_cast<size_t>(group.begin) + i] = static_cast<int32_t>(keyed[i] & UINT32_MAX);
    for (size_t i = 0; i < keyed.size();) {
      size_t end = i + 1;
      while (end < keyed.size() && keyed[end] >> 32 == keyed[i] >> 32) ++end;
      close(group.begin + static_cast<int32_t>(i), group.begin + static_cast<int32_t>(end));
      i = end;
    }
  }
};

}  // namespace

SuffixArray::SuffixArray(std::vector<int32_t> symbols) : symbols_(std::move(symbols)) {
  LECTERN_CHECK(symbols_.size() < static_cast<size_t>(std::numeric_limits<int32_t>::max() / 2));
  sorted_ = sortedBySymbol(symbols_);
  Sorting sorting{sorted_, std::vector<int32_t>(symbols_.size()), {}, {}, {}};
  const auto size = static_cast<int32_t>(symbols_.size());
  for (int32_t begin = 0; begin < size;) {
    int32_t end = begin + 1;
    const int32_t first = symbol(begin, 0);
    while (first >= 0 && end < size && symbol(end, 0) == first) ++end;  // a border is alone
    sorting.close(begin, end);
    begin = end;
  }
  for (int32_t depth = 1; !sorting.smaller.empty(); depth *= 2) {
    sorting.groups.swap(sorting.smaller);
    sorting.smaller.clear();
    for (const Interval group : sorting.groups) sorting.cutUp(group, depth);
  }
}

SuffixArray SuffixArray::only(std::span<const int32_t> positions) && {
  std::vector<bool> wanted(symbols_.size());
  for (const int32_t position : positions) wanted[static_cast<size_t>(position)] = true;
  SuffixArray kept;
  kept.symbols_ = std::move(symbols_);
  kept.sorted_.reserve(positions.size());
  for (const int32_t position : sorted_) {
    if (wanted[static_cast<size_t>(position)]) kept.sorted_.push_back(position);
  }
  return kept;
}

int32_t SuffixArray::lowerBound(Interval among, int32_t depth, int32_t wanted) const {
  while (among.begin < among.end) {
    const int32_t middle = among.begin + (among.end - among.begin) / 2;
    if (symbol(middle, depth) < wanted) {
      among.begin = middle + 1;
    } else {
      among.end = middle;
    }
  }
  return among.begin;
}

SuffixArray::Interval SuffixArray::narrow(Interval among, int32_t depth, int32_t symbol) const {
  LECTERN_DCHECK(symbol >= 0);
  const int32_t begin = lowerBound(among, depth, symbol);
  return {begin, lowerBound({begin, among.end}, depth, symbol + 1)};
}

std::vector<int32_t> SuffixArray::following(Interval among, int32_t depth) const {
  std::vector<int32_t> symbols;
  int32_t rank = lowerBound(among, depth, 0);
  while (rank < among.end) {
    symbols.push_back(symbol(rank, depth));
    rank = lowerBound({rank, among.end}, depth, symbols.back() + 1);
  }
  return symbols;
}

}  // namespace lectern
