// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/text_span.h"

#include <cstdint>
#include <string>

namespace lectern {

/// What a segment is; stored in the database as the word in quotation marks.
enum class SegmentKind : uint8_t {
  Sentence,   ///< "sentence"
  Heading,    ///< "heading"
  ListItem,   ///< "list"
  TableRow,   ///< "row"
  Caption,    ///< "caption"
  Code,       ///< "code"
  Furniture,  ///< "furniture": running headers, footers and page numbers; neither searched nor
              ///< quoted
};

/// The unit that search finds and answers quote. A revision's segments are disjoint, ordered, stay
/// inside one page and together cover at least 99 % of its non-space bytes. At most
/// `kMaxSegmentBytes` long.
struct Segment {
  static constexpr int64_t kMaxSegmentBytes = 400;

  SegmentKind kind = SegmentKind::Sentence;
  TextSpan span;  ///< in the revision's canonical text
  int page = 0;   ///< counted from 1
  int heading =
      -1;  ///< the number (index) of the heading segment it stands under; -1 before the first
  bool continues = false;  ///< goes on with the sentence of the segment before it (a page break, or
                           ///< the length cap)
  friend bool operator==(const Segment&, const Segment&) = default;
};

/// A run of segments that is searched as one: six to ten sentences, about 200 tokens, never across
/// a heading. `header` gives it its place: title › headings above it › first sentence of its
/// section.
struct Passage {
  int firstSegment = 0;
  int lastSegment = 0;  ///< included
  std::string header;
  friend bool operator==(const Passage&, const Passage&) = default;
};

}  // namespace lectern
