// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lectern {

/// All suffixes of a sequence of symbols, sorted, so that what follows a beginning is found by
/// binary search (Manber & Myers 1993). A negative symbol is a border: it equals nothing, not even
/// another border, so that no match reaches across it. For tokens and words of a context, up to
/// some millions of them. Immutable. Thread: any.
///
/// Memory: 8 bytes a symbol, 4 where only few suffixes are kept; 24 while it is made.
class SuffixArray {
 public:
  static constexpr int32_t kBorder = -1;

  /// Suffixes that begin alike: [begin, end) in sorted order.
  struct Interval {
    int32_t begin = 0;
    int32_t end = 0;

    [[nodiscard]] int32_t size() const { return end - begin; }
    [[nodiscard]] bool isEmpty() const { return end <= begin; }
    friend bool operator==(Interval, Interval) = default;
  };

  SuffixArray() = default;
  /// Sorts the suffixes by Larsson & Sadakane 2007 (prefix doubling that looks again only at what
  /// is not sorted yet).
  explicit SuffixArray(std::vector<int32_t> symbols);

  /// Only the suffixes that begin at these positions, in the same order.
  [[nodiscard]] SuffixArray only(std::span<const int32_t> positions) &&;

  [[nodiscard]] Interval all() const { return {0, static_cast<int32_t>(sorted_.size())}; }
  /// Of suffixes that agree in their first `depth` symbols, those that go on with `symbol`, which
  /// is no border. Two binary searches.
  [[nodiscard]] Interval narrow(Interval among, int32_t depth, int32_t symbol) const;
  /// With which symbols they go on: rising, without borders. Two binary searches a symbol.
  [[nodiscard]] std::vector<int32_t> following(Interval among, int32_t depth) const;

  /// Where the suffix of that rank begins.
  [[nodiscard]] int32_t position(int32_t rank) const { return sorted_[static_cast<size_t>(rank)]; }
  [[nodiscard]] std::span<const int32_t> symbols() const { return symbols_; }
  /// The symbol `depth` behind the beginning of the suffix of that rank; behind the end a border.
  [[nodiscard]] int32_t symbol(int32_t rank, int32_t depth) const {
    const size_t at = static_cast<size_t>(position(rank)) + static_cast<size_t>(depth);
    return at < symbols_.size() ? symbols_[at] : kBorder;
  }

 private:
  /// The first of `among` whose symbol at `depth` is at least `wanted`.
  [[nodiscard]] int32_t lowerBound(Interval among, int32_t depth, int32_t wanted) const;

  std::vector<int32_t> symbols_;
  std::vector<int32_t> sorted_;
};

}  // namespace lectern
