// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/block.h"
#include "core/document/glyph_runs.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lectern {

/// What could be read of a page.
enum class PageState : uint8_t {
  Text,       ///< has text
  Blank,      ///< nothing on it
  ImageOnly,  ///< something is drawn, but no text: a scan; not citable
  Skipped,    ///< could not be read; `problem` says why
};

/// One page as it was read. Immutable once it is in a library.
struct Page {
  int number = 0;      ///< counted from 1
  std::string label;   ///< the document's own name for it ("xlv"), UTF-8; empty where it has none
  double widthPt = 0;  ///< as displayed, in points (1/72 inch)
  double heightPt = 0;
  int rotation =
      0;  ///< of the stored page, in degrees clockwise, already applied to everything here
  PageState state = PageState::Text;
  std::string problem;  ///< a sentence for the reader; only of a skipped page
  /// The page's part of the canonical text: well-formed UTF-8 in reading and logical order, lines
  /// joined by a space, words that were hyphenated at a line's end joined, paragraphs separated by
  /// "\n\n", no bidi controls, and one
  /// "\n\n" at the end unless it is empty. Nothing else is changed: this is what is shown and
  /// quoted.
  std::string text;
  std::vector<GlyphRun> runs;  ///< ordered by span
  std::vector<Block> blocks;   ///< ordered by span
};

}  // namespace lectern
