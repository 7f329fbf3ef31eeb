// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lectern::text {

/// Which two pieces make which third, and which pair goes first.          Sennrich et al. 2016,
/// algorithm 1 Ranks may be equal; then the leftmost pair in the text goes first.
class MergeTable {
 public:
  struct Merge {
    int32_t rank = std::numeric_limits<int32_t>::max();
    int32_t piece = -1;
  };

  /// Neither is below zero. A pair that is there already gets the new merge.
  void add(int32_t left, int32_t right, Merge merge);
  /// A merge of piece −1 where the two make nothing.
  [[nodiscard]] Merge find(int32_t left, int32_t right) const {
    if (entries_.empty()) return {};
    const uint64_t wanted = key(left, right);
    size_t at = place(wanted);
    while (entries_[at].key != wanted && entries_[at].key != kFree) at = next(at);
    return entries_[at].key == wanted ? entries_[at].merge : Merge{};
  }
  [[nodiscard]] size_t size() const { return size_; }

  friend bool operator==(const MergeTable& a, const MergeTable& b);

 private:
  static uint64_t key(int32_t left, int32_t right) {
    return (static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32) |
           static_cast<uint32_t>(right);
  }
  // Fibonacci hashing (Knuth, volume 3, 6.4): the product's top bits, as many as the size has.
  [[nodiscard]] size_t place(uint64_t key) const { return (key * 0x9E3779B97F4A7C15U) >> shift_; }
  [[nodiscard]] size_t next(size_t at) const { return (at + 1) & (entries_.size() - 1); }

  // Of two ids below zero, which there are none of.
  static constexpr uint64_t kFree = UINT64_MAX;
  struct Entry {
    uint64_t key = kFree;
    Merge merge;
  };
  // A power of two of them, at most five eighths in use: looking for a pair that is not there,
  // which most are, ends after a step or two.
  std::vector<Entry> entries_;
  int shift_ = 63;
  size_t size_ = 0;
};

/// The merge table that a vocabulary's order implies, as all Jamba vocabularies have it: pieces of
/// several characters from `firstPiece` on stand in the order of their merges, but for those made
/// of U+2581 alone, which merge last, and for the pieces in `lateIds`, which merge before those and
/// after all others. Every split of a piece into two pieces is a merge. Files of other formats that
/// carry no merges need no more.
MergeTable mergesFromOrder(const std::vector<std::string>& pieces,
                           int32_t firstPiece,
                           const std::vector<int32_t>& lateIds,
                           const std::vector<int32_t>& alsoParts);

/// Merges the pieces of one word until no pair is in the table. `symbols` are the pieces of its
/// characters; O(n log n) in their number. `lengths` are the bytes of text that each stands for,
/// and are merged along.
void mergeWord(const MergeTable& table,
               std::vector<int32_t>& symbols,
               std::vector<int32_t>& lengths);

}  // namespace lectern::text
