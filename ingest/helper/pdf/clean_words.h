// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/pdf/page_assembler.h"

#include <string>
#include <vector>

namespace lectern::helper::pdf {

/// A view of the page, turned so that text of one rotation reads to the right. Everything between
/// cleaning and writing happens in it: x along the line, y down the lines, in points.
struct Frame {
  double pageWidth = 0;
  double pageHeight = 0;
  int quarterTurns = 0;

  [[nodiscard]] double width() const { return quarterTurns % 2 == 0 ? pageWidth : pageHeight; }
  [[nodiscard]] double height() const { return quarterTurns % 2 == 0 ? pageHeight : pageWidth; }
  [[nodiscard]] BoxPt fromPage(const BoxPt& box) const;
  [[nodiscard]] BoxPt toPage(const BoxPt& box) const;
};

/// What is drawn as one: a character, a ligature that means several, or a combining mark that has
/// not found its base yet.
struct Glyph {
  std::u32string text;  ///< in logical order; a base with its marks
  double left = 0;
  double right = 0;
  bool mark = false;
};

/// A word whose boxes are finite, inside the frame and the right way round; never empty.
struct Word {
  std::vector<Glyph> glyphs;  ///< left to right
  BoxPt box;
  double size = 0;  ///< of its font, or its height where that makes no sense; never 0
  bool bold = false;
  bool mono = false;
  bool spaceAfter = false;
};

/// The words of one rotation, in the order given.
std::vector<Word> cleanWords(const PageContent& content, const Frame& frame);

/// True when the page has more right-to-left letters than others.
bool isMostlyRightToLeft(const std::vector<Word>& words);

/// True for a letter or digit of a right-to-left script.
bool isRightToLeft(char32_t codePoint);

}  // namespace lectern::helper::pdf
