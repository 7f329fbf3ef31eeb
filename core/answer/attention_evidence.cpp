// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/attention_evidence.h"

#include "core/unicode/words.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace lectern {

namespace {

constexpr int64_t kBlockTokens = 64;
constexpr int64_t kSinkTokens = 16;
constexpr size_t kBlocks = 32;  // the best, whose segments are looked at

}  // namespace

AttentionEvidence::AttentionEvidence(const Context& context, const text::Tokenizer& tokenizer)
    : context_(context), tokenizer_(tokenizer) {
  for (const int32_t token : context.tokens) ++counts_[token];
  const auto tokens = static_cast<int64_t>(context.tokens.size());
  for (int64_t begin = 0; begin < tokens; begin += kBlockTokens) {
    const int64_t end = std::min(begin + kBlockTokens, tokens);
    const auto ofDocuments =
        std::count_if(context.bytes.begin() + begin, context.bytes.begin() + end,
                      [](TextSpan bytes) { return !bytes.isEmpty(); });
    counted_.push_back(begin >= kSinkTokens && 2 * ofDocuments >= kBlockTokens);
  }
  mass_.assign(counted_.size(), 0);
}

double AttentionEvidence::importance(int32_t token) const {
  if (token < 0 || token >= tokenizer_.vocabSize() || tokenizer_.isControl(token)) return 0;
  const std::vector<unicode::Word> words =
      unicode::words(tokenizer_.decode({&token, 1}, /*showControl=*/false));
  const bool says = std::any_of(words.begin(), words.end(), [](const unicode::Word& word) {
    return !unicode::isStopWord(word.folded);
  });
  if (!says) return 0;
  const auto known = counts_.find(token);
  const double count = known == counts_.end() ? 1 : known->second;
  return std::min(1.0, std::log(static_cast<double>(context_.tokens.size() + 1) / count) / 10);
}

void AttentionEvidence::add(int32_t token, std::span<const float> tap) {
  if (tap.empty()) return;
  const double weight = importance(token);
  if (weight <= 0) return;
  const size_t blocks = std::min(tap.size(), mass_.size());
  for (size_t block = 0; block < blocks; ++block) {
    if (counted_[block]) mass_[block] += weight * double{tap[block]};
  }
}

std::vector<AttentionEvidence::Share> AttentionEvidence::take(size_t limit) {
  std::vector<Share> shares;
  const double total = std::accumulate(mass_.begin(), mass_.end(), 0.0);
  if (total > 0) {
    std::vector<size_t> order(mass_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const auto best = std::min(kBlocks, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(best), order.end(),
                      [&](size_t a, size_t b) { return mass_[a] > mass_[b]; });
    std::unordered_map<int32_t, double> ofSegment;
    for (size_t i = 0; i < best && mass_[order[i]] > 0; ++i) {
      const TextSpan block{static_cast<int64_t>(order[i]) * kBlockTokens,
                           static_cast<int64_t>(order[i] + 1) * kBlockTokens};
      // Segments are in order: the first that ends behind the block's begin.
      auto segment = std::partition_point(
          context_.segments.begin(), context_.segments.end(),
          [&](const ContextSegment& s) { return s.tokens.end <= block.begin; });
      for (; segment != context_.segments.end() && segment->tokens.begin < block.end; ++segment) {
        const TextSpan both{std::max(block.begin, segment->tokens.begin),
                            std::min(block.end, segment->tokens.end)};
        ofSegment[static_cast<int32_t>(segment - context_.segments.begin())] +=
            mass_[order[i]] / total * static_cast<double>(both.length()) / kBlockTokens;
      }
    }
    for (const auto& [segment, share] : ofSegment) shares.push_back({segment, share});
    std::sort(shares.begin(), shares.end(), [](const Share& a, const Share& b) {
      return a.share != b.share ? a.share > b.share : a.segment < b.segment;
    });
    shares.resize(std::min(limit, shares.size()));
  }
  std::fill(mass_.begin(), mass_.end(), 0);
  return shares;
}

}  // namespace lectern
