// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/context/context.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace lectern {

/// Where a model looked while it wrote a sentence (citations.md 1.5): the evidence tap's mass per
/// block of 64 tokens, added up over the sentence's tokens. It can only nominate places, since
/// nobody has measured yet which heads of an unknown model copy: all count alike.
///
///   mass[b] += g · tap[b]     g = min(1, -ln(share of the token among the context's) / 10),
///                             0 for punctuation, function words and what is no text
///
/// Blocks that hold the first 16 tokens, where attention that looks for nothing goes, and blocks
/// with less than half of a document's text are left out. Thread: one at a time.
class AttentionEvidence {
 public:
  /// Borrows both.
  AttentionEvidence(const Context& context, const text::Tokenizer& tokenizer);

  /// `tap` is that of the step that read `token`; may be empty.
  void add(int32_t token, std::span<const float> tap);

  struct Share {
    int32_t segment = 0;
    double share = 0;  ///< of what went to the documents' blocks, 0..1
  };
  /// The segments in the blocks with the most mass, best first; then it begins anew.
  std::vector<Share> take(size_t limit);

 private:
  [[nodiscard]] double importance(int32_t token) const;

  const Context& context_;
  const text::Tokenizer& tokenizer_;
  std::unordered_map<int32_t, int32_t> counts_;  // of each token of the context
  std::vector<bool> counted_;                    // of each block
  std::vector<double> mass_;
};

}  // namespace lectern
