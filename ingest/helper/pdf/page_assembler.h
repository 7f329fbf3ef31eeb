// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/block.h"
#include "core/document/glyph_runs.h"

#include <string>
#include <vector>

namespace lectern::helper::pdf {

/// A box on the page as displayed, in points from its top left corner.
struct BoxPt {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

/// A word as a PDF library finds it: its code points in visual order, left to right as they stand
/// on paper. Nothing of it is trusted: boxes may be missing, turned over, infinite or off the page.
struct PlacedWord {
  std::u32string text;
  std::vector<BoxPt> boxes;  ///< one a code point
  std::string font;          ///< its name tells bold and monospaced fonts
  double fontSize = 0;
  int quarterTurns = 0;  ///< 0: reads to the right, 1: downwards, 2: upside down, 3: upwards
  bool spaceAfter = false;
};

/// Words in the order the library gives them; words of a line mostly follow one another.
struct PageContent {
  double widthPt = 0;
  double heightPt = 0;
  std::vector<PlacedWord> words;
};

/// The parts of a Page that come from its words (see page.h for what they promise).
struct PageText {
  std::string text;
  std::vector<GlyphRun> runs;
  std::vector<Block> blocks;
};

/// Puts a page's words into reading order and writes its canonical text.
///
/// - Columns are read one after the other, from the right on a page that is mostly right to left;
///   what spans them comes between. Table cells stay in their row, separated by a tab.
/// - Lines are put into logical order, with their boxes. Arabic presentation forms become letters;
///   several letters of one glyph share its box in equal parts. A lam-alef whose letters come in
///   the wrong order is put right. Combining marks follow their base and take no width. Other
///   compatibility characters, ligatures among them, stay as they are.
/// - A hyphen at a line's end goes, and the word is joined, when the next line goes on in lower
///   case; it stays, without a space, when the next line goes on with a capital or a digit, when
///   either part has a hyphen already, after a digit and in addresses, and when the page has the
///   word with its hyphen unbroken, or both parts as words of their own. Before "und", "or" and the
///   like ("Ein- und Ausgabe") it stays, with a space. A hyphen that goes belongs to no run. A soft
///   hyphen inside a line is written "-" where it is drawn.
/// - Words wholly off the page, bidi controls and other invisible characters are left out.
///
/// Takes O(n log n) of the number of code points, whatever the boxes say.
PageText assemblePage(const PageContent& content);

}  // namespace lectern::helper::pdf
