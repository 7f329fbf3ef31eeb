// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/ids.h"
#include "core/document/text_span.h"

#include <cstdint>
#include <vector>

namespace lectern {

/// A quotable segment of a document as tokens. It begins and ends with tokens of its own: the
/// context is encoded stretch by stretch, a segment together with the white space before it.
struct ContextSegment {
  int32_t item = 0;    ///< index into Context::items
  TextSpan tokens;     ///< [begin, end) in Context::tokens
  TextSpan bytes;      ///< [begin, end) in the revision's text, without white space at its ends
  int32_t number = 0;  ///< the segment's number in its revision
};

/// A document, or the part of one, that stands in a context.
struct ContextItem {
  RevisionId revision{};
  TextSpan tokens;  ///< [begin, end) in Context::tokens, marks included
};

/// What a model reads: token ids, and the bytes of a document that each came from. Immutable once
/// it is built. Everything is in reading order and disjoint.
struct Context {
  std::vector<int32_t> tokens;
  /// For each token the bytes of its item's revision that it stands for; empty for what is not a
  /// document's text: marks, the prompt's own words, the question.
  std::vector<TextSpan> bytes;
  std::vector<ContextItem> items;
  std::vector<ContextSegment> segments;
};

}  // namespace lectern
