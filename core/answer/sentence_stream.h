// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/text_span.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// Finds the sentences of a text while it is written: each as soon as it is certain, that is with
/// the first word behind it, or with the end of its line. The pieces in which the text comes change
/// nothing. Spans are in the whole text, without white space at their ends, in order and disjoint,
/// and cover everything but white space.
class SentenceStream {
 public:
  /// A run without a sentence's end is cut here, so that the work for one sentence stays bounded.
  static constexpr size_t kMaxBytes = 1000;

  /// `utf8` is whole characters. The sentences that end in it.
  std::vector<TextSpan> push(std::string_view utf8);
  /// What is left.
  std::vector<TextSpan> finish();

 private:
  void cutAtWord(std::vector<TextSpan>& ended);
  void cutAll(std::vector<TextSpan>& ended);
  void emit(TextSpan inPending, std::vector<TextSpan>& ended) const;
  void drop(size_t bytes);

  std::string pending_;  // the line that is being written, from the first sentence that is open
  int64_t start_ = 0;    // its first byte in the text
};

}  // namespace lectern
