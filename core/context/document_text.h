// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/ids.h"
#include "core/document/segment.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lectern {

/// A segment with its number in its revision.
struct NumberedSegment {
  int32_t number = 0;
  Segment segment;
};

/// What of a page goes into a context.
struct PageText {
  std::string name;       ///< what its mark says: the document's own label, else its number
  int64_t byteStart = 0;  ///< of the page in the revision's text
  std::string text;       ///< all of the page's text
  /// The segments to write, in order; all of the page's where the document is read whole.
  std::vector<NumberedSegment> segments;
};

}  // namespace lectern
