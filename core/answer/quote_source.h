// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/suffix_array.h"
#include "core/context/context.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace lectern {

/// Whole segments of one document, one behind the other without anything between them.
struct QuotedRange {
  int32_t firstSegment = 0;  ///< index into Context::segments
  int32_t lastSegment = 0;   ///< included
  int32_t item = 0;          ///< index into Context::items
  TextSpan tokens;           ///< [begin, end) in Context::tokens
  TextSpan bytes;            ///< [begin, end) in the text of the item's revision
  int32_t places = 1;  ///< where the same tokens stand from a segment's begin to a segment's end;
                       ///< this is the first
};

/// Where quotations can begin in a context, and how they can go on: the suffixes of its tokens that
/// begin with a segment. Immutable; made once a context. Thread: any.
class QuoteSource {
 public:
  /// What was copied so far: all places that begin with it.
  struct Copied {
    std::vector<SuffixArray::Interval> places;
    int32_t tokens = 0;
  };

  /// The context must have been encoded with that tokenizer.
  QuoteSource(std::shared_ptr<const Context> context, const text::Tokenizer& tokenizer);

  [[nodiscard]] const Context& context() const { return *context_; }

  /// Whether there is anything to quote.
  [[nodiscard]] bool canBegin() const { return !starts_.all().isEmpty(); }
  /// Nothing yet: every segment's beginning.
  [[nodiscard]] Copied begin() const;
  /// The tokens with which some place goes on, rising.
  [[nodiscard]] std::vector<int32_t> following(const Copied& copied) const;
  /// The places that go on with that token; none where it is not among `following`.
  [[nodiscard]] Copied then(const Copied& copied, int32_t token) const;
  /// Whether a segment ends here, at one of the places.
  [[nodiscard]] bool canEnd(const Copied& copied) const { return canEnd(copied, 0); }
  /// The tokens that follow whatever the place, up to where a segment ends at one of them.
  [[nodiscard]] std::vector<int32_t> determined(const Copied& copied) const;
  /// The first of the places where a segment ends here; there must be one.
  [[nodiscard]] QuotedRange range(const Copied& copied) const;

 private:
  // The first token of a segment often holds the space before it (" The"). Behind an opening mark a
  // model writes it without ("The").
  struct Bare {
    int32_t token = 0;
    int32_t inContext = 0;
  };

  [[nodiscard]] bool canEnd(const Copied& copied, int32_t ahead) const;
  [[nodiscard]] int32_t segmentAt(int32_t symbol) const;

  std::shared_ptr<const Context> context_;
  // The tokens of all segments, a border wherever two of them do not touch. A segment begins, for a
  // quotation, behind white space that is a token of its own.
  SuffixArray starts_;
  std::vector<int32_t> firstSymbol_;  // of each segment
  std::vector<bool> segmentEnds_;     // in front of this symbol
  std::vector<Bare> bare_;
};

}  // namespace lectern
