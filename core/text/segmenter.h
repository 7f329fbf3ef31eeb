// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/page.h"
#include "core/document/segment.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::text {

/// Cuts a sealed text into segments (see segment.h for their guarantees). Pages are given in order,
/// one call each, because running headers show only over several pages; `finish` decides and
/// returns everything.
///
/// A Margin block whose folded text, digits and Roman numbers replaced, stands at the same height
/// (±1 % of the page) on at least three pages is furniture, as is a bare page number, a title
/// beside the page's printed number, and a running title that only repeats the headings its page
/// stands under. Paragraphs, list items and captions
/// are cut into sentences. Headings and table rows stay whole, code is cut at line ends. What is
/// longer than Segment::kMaxSegmentBytes is cut at ; : , or a space, and goes on with `continues`;
/// so does a sentence that a page break cuts.
///
/// A heading's own `heading` is the one above it; headings without a level stand below those that
/// have one.
class Segmenter {
 public:
  /// `byteStart` is the first byte of the page in the revision's text.
  void addPage(const Page& page, int64_t byteStart);
  std::vector<Segment> finish();

 private:
  struct PendingBlock {
    Block block;
    uint16_t top = 0;  // in Rect units; of Margin blocks only
  };
  struct PendingPage {
    int number = 0;
    int64_t byteStart = 0;
    std::string text;
    std::vector<PendingBlock> blocks;
  };
  std::vector<PendingPage> pages_;
};

/// The sentences of one paragraph, as spans in it; they cover all of its non-space bytes.
///
/// The marks are those of UAX 29 and the ellipsis; whether one ends a sentence is decided by rules
/// of our own, not by ICU's sentence iterator: abbreviations of the nine languages, initials,
/// ordinals, list numbers, decimal points, closing quotation marks and brackets, citations "[12]".
std::vector<TextSpan> sentences(std::string_view paragraph);

}  // namespace lectern::text
