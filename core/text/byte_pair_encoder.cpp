// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/byte_pair_encoder.h"

#include "core/base/utf8.h"

#include <queue>

#include <algorithm>
#include <bit>
#include <string>
#include <tuple>
#include <unordered_map>

namespace lectern::text {

namespace {

constexpr std::string_view kSpace = "\u2581";

bool isAllSpaces(std::string_view piece) {
  while (piece.starts_with(kSpace)) piece.remove_prefix(kSpace.size());
  return piece.empty();
}

// A pair that could be merged: the lowest rank first, then the leftmost. `piece` tells whether the
// pair is still the one that was meant: either of its symbols may have changed since.
struct Pending {
  int32_t rank;
  int32_t position;
  int32_t piece;

  friend bool operator>(const Pending& a, const Pending& b) {
    return std::tie(a.rank, a.position) > std::tie(b.rank, b.position);
  }
};

}  // namespace

void MergeTable::add(int32_t left, int32_t right, Merge merge) {
  if (8 * (size_ + 1) > 5 * entries_.size()) {
    std::vector<Entry> old(std::max<size_t>(16, 2 * entries_.size()));
    old.swap(entries_);
    shift_ = 64 - std::countr_zero(entries_.size());
    size_ = 0;
    for (const Entry& entry : old) {
      if (entry.key == kFree) continue;
      add(static_cast<int32_t>(entry.key >> 32U), static_cast<int32_t>(entry.key), entry.merge);
    }
  }
  const uint64_t wanted = key(left, right);
  size_t at = place(wanted);
  while (entries_[at].key != wanted && entries_[at].key != kFree) at = next(at);
  if (entries_[at].key == kFree) ++size_;
  entries_[at] = {wanted, merge};
}

bool operator==(const MergeTable& a, const MergeTable& b) {
  return a.size_ == b.size_ && std::ranges::all_of(a.entries_, [&](const MergeTable::Entry& entry) {
           return entry.key == MergeTable::kFree ||
                  b.find(static_cast<int32_t>(entry.key >> 32U), static_cast<int32_t>(entry.key))
                          .piece == entry.merge.piece;
         });
}

MergeTable mergesFromOrder(const std::vector<std::string>& pieces,
                           int32_t firstPiece,
                           const std::vector<int32_t>& lateIds,
                           const std::vector<int32_t>& alsoParts) {
  std::unordered_map<std::string_view, int32_t> parts;
  const auto count = static_cast<int32_t>(pieces.size());
  for (int32_t id = firstPiece; id < count; ++id)
    parts.emplace(pieces[static_cast<size_t>(id)], id);
  for (const int32_t id : alsoParts) parts.emplace(pieces[static_cast<size_t>(id)], id);
  for (const int32_t id : lateIds) parts.emplace(pieces[static_cast<size_t>(id)], id);

  // Ranks keep the three classes apart: the others, then the late ones, then the spaces.
  MergeTable table;
  const auto addSplits = [&](int32_t id, int32_t rank) {
    const std::string_view piece = pieces[static_cast<size_t>(id)];
    for (int64_t cut = 1; cut < static_cast<int64_t>(piece.size()); ++cut) {
      if (!utf8::isBoundary(piece, cut)) continue;
      const auto left = parts.find(piece.substr(0, static_cast<size_t>(cut)));
      const auto right = parts.find(piece.substr(static_cast<size_t>(cut)));
      if (left != parts.end() && right != parts.end())
        table.add(left->second, right->second, {rank, id});
    }
  };
  for (int32_t id = firstPiece; id < count; ++id) {
    addSplits(id, isAllSpaces(pieces[static_cast<size_t>(id)]) ? 2 * count + id : id);
  }
  for (const int32_t id : lateIds) addSplits(id, count + id);
  return table;
}

namespace {

// A word of a few symbols, as most are: looking at all pairs for the best is quicker than keeping
// them in order.
constexpr size_t kShort = 24;

void mergeShort(const MergeTable& table,
                std::vector<int32_t>& symbols,
                std::vector<int32_t>& lengths) {
  MergeTable::Merge merges[kShort];  // of each symbol with the next; none behind the last
  size_t count = symbols.size();
  for (size_t i = 0; i + 1 < count; ++i) merges[i] = table.find(symbols[i], symbols[i + 1]);
  for (;;) {
    size_t best = count;
    int32_t rank = MergeTable::Merge{}.rank;
    for (size_t i = 0; i + 1 < count; ++i) {
      if (merges[i].piece < 0 || (best < count && merges[i].rank >= rank)) continue;
      best = i;
      rank = merges[i].rank;
    }
    if (best == count) break;
    symbols[best] = merges[best].piece;
    lengths[best] += lengths[best + 1];
    --count;
    for (size_t i = best + 1; i < count; ++i) {
      symbols[i] = symbols[i + 1];
      lengths[i] = lengths[i + 1];
      merges[i] = merges[i + 1];
    }
    if (best > 0) merges[best - 1] = table.find(symbols[best - 1], symbols[best]);
    if (best + 1 < count) merges[best] = table.find(symbols[best], symbols[best + 1]);
  }
  symbols.resize(count);
  lengths.resize(count);
}

}  // namespace

void mergeWord(const MergeTable& table,
               std::vector<int32_t>& symbols,
               std::vector<int32_t>& lengths) {
  const auto count = static_cast<int32_t>(symbols.size());
  if (count < 2) return;
  if (symbols.size() <= kShort) return mergeShort(table, symbols, lengths);
  // A list through the word: dead symbols are −1.
  std::vector<int32_t> next(symbols.size());
  std::vector<int32_t> previous(symbols.size());
  std::priority_queue<Pending, std::vector<Pending>, std::greater<>> pending;
  const auto consider = [&](int32_t left) {
    const int32_t right = next[static_cast<size_t>(left)];
    if (right >= count) return;
    const MergeTable::Merge merge =
        table.find(symbols[static_cast<size_t>(left)], symbols[static_cast<size_t>(right)]);
    if (merge.piece >= 0) pending.push({merge.rank, left, merge.piece});
  };
  for (int32_t i = 0; i < count; ++i) {
    next[static_cast<size_t>(i)] = i + 1;
    previous[static_cast<size_t>(i)] = i - 1;
  }
  for (int32_t i = 0; i + 1 < count; ++i) consider(i);

  while (!pending.empty()) {
    const Pending best = pending.top();
    pending.pop();
    const auto left = static_cast<size_t>(best.position);
    if (symbols[left] < 0 || next[left] >= count) continue;
    const auto right = static_cast<size_t>(next[left]);
    const MergeTable::Merge now = table.find(symbols[left], symbols[right]);
    if (now.piece != best.piece || now.rank != best.rank)
      continue;  // one of the two has changed since
    symbols[left] = best.piece;
    lengths[left] += lengths[right];
    symbols[right] = -1;
    next[left] = next[right];
    if (next[left] < count) previous[static_cast<size_t>(next[left])] = best.position;
    consider(best.position);
    if (previous[left] >= 0) consider(previous[left]);
  }

  size_t kept = 0;
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (symbols[i] < 0) continue;
    symbols[kept] = symbols[i];
    lengths[kept++] = lengths[i];
  }
  symbols.resize(kept);
  lengths.resize(kept);
}

}  // namespace lectern::text
