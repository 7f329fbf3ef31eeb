// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/pdf/clean_words.h"

#include <string>
#include <vector>

namespace lectern::helper::pdf {

/// A glyph in reading order, or a space between words.
struct LineGlyph {
  static constexpr int kSpace = -1;

  std::u32string text;  ///< a base and its marks, in logical order
  int word = kSpace;    ///< index into the page's words
  double left = 0;
  double right = 0;
  bool backward = false;  ///< read from right to left
};

/// One line's words, in any order, as they are read. `rightToLeft` is the page's
/// direction; a line without a right-to-left letter is read to the right whatever it says, one
/// with mostly such letters to the left.
///
/// Marks that a library gives as characters of their own find their base by place: in right-to-left
/// text a mark is drawn before its base, and stands at the base's left edge or above it.
std::vector<LineGlyph> readLine(const std::vector<Word>& words,
                                std::vector<int> line,
                                bool rightToLeft);

}  // namespace lectern::helper::pdf
