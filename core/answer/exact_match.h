// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/suffix_array.h"
#include "core/context/context.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lectern {

/// A run of a sentence's words that stands as it is in a context.
struct ExactMatch {
  /// Where it stands: index into Context::segments, the last included.
  struct Place {
    int32_t firstSegment = 0;
    int32_t lastSegment = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };

  TextSpan span;  ///< in the sentence
  int words = 0;
  std::vector<Place> places;  ///< in reading order
};

/// Finds where the words of a sentence stand in a row, to nominate segments for grading: whatever
/// the spacing, case, accents and tokens are (citations.md 1.3). No match crosses a document's end
/// or anything else between segments that do not touch. Immutable; made once a context. Thread:
/// any.
class ExactMatcher {
 public:
  static constexpr size_t kMaxPlaces =
      64;  ///< of one match; words that stand more often say little

  /// `texts` are the bytes of each of the context's segments.
  ExactMatcher(const Context& context, std::span<const std::string> texts);

  /// The longest runs, none inside another: of three words, or of two that are no function words.
  [[nodiscard]] std::vector<ExactMatch> matches(std::string_view sentence) const;

 private:
  [[nodiscard]] std::vector<ExactMatch::Place> placesOf(SuffixArray::Interval interval,
                                                        int32_t words) const;

  std::unordered_map<std::string, int32_t> ids_;  // of folded words
  SuffixArray words_;
  std::vector<int32_t> firstWord_;  // of each segment, in words_
};

}  // namespace lectern
