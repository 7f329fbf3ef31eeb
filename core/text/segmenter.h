// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/page.h"
#include "core/document/segment.h"

#include <string>
#include <string_view>
#include <vector>

namespace lectern::text {

/// Cuts a sealed text into segments (see segment.h for their guarantees). Pages are given in order,
/// one call each, because running headers show only over several pages; `finish` decides and
/// returns everything.
///
/// A Margin block whose folded text, digits replaced, stands at the same height on at least three
/// pages is furniture, as is a bare page number. Paragraphs, list items and captions are cut into
/// sentences: ICU sentence boundaries, then the rules that it lacks (abbreviations of the nine
/// languages, initials, ordinals, "§ 3", "e.g.", decimal points, closing quotation marks and
/// brackets, citations "[12]."). Headings, table rows and code lines stay whole. What is longer
/// than Segment::kMaxSegmentBytes is cut at ; : , or a space, and goes on with `continues`.
class Segmenter {
 public:
  /// `byteStart` is the first byte of the page in the revision's text.
  void addPage(const Page& page, int64_t byteStart);
  std::vector<Segment> finish();

 private:
  struct PendingPage {
    int number = 0;
    int64_t byteStart = 0;
    std::string text;
    std::vector<Block> blocks;
    std::vector<uint16_t> tops;  // of each block, in Rect units
  };
  std::vector<PendingPage> pages_;
};

/// The sentences of one paragraph, as spans in it; they cover all of its non-space bytes.
std::vector<TextSpan> sentences(std::string_view paragraph);

}  // namespace lectern::text
