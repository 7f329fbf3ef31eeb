// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
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

  void add(int32_t left, int32_t right, Merge merge) {
    merges_.insert_or_assign(key(left, right), merge);
  }
  /// A merge of piece −1 where the two make nothing.
  [[nodiscard]] Merge find(int32_t left, int32_t right) const {
    const auto at = merges_.find(key(left, right));
    return at == merges_.end() ? Merge{} : at->second;
  }
  [[nodiscard]] size_t size() const { return merges_.size(); }

  friend bool operator==(const MergeTable& a, const MergeTable& b);

 private:
  static uint64_t key(int32_t left, int32_t right) {
    return (static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32) |
           static_cast<uint32_t>(right);
  }
  std::unordered_map<uint64_t, Merge> merges_;
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
