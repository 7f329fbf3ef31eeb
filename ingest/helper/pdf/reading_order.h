// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/pdf/clean_words.h"

#include <vector>

namespace lectern::helper::pdf {

/// Words that stand together on one line: a line of a column, or one line of a table's cell.
struct Piece {
  std::vector<int> words;
  BoxPt box;  ///< in the reading view, see ReadingOrder
};

/// A line of a column. More than one piece where wide gaps part it: a table's row.
struct Row {
  std::vector<Piece> pieces;  ///< in reading direction
  BoxPt box;
  BoxPt band;       ///< of its longest stretch: raised figures do not widen it
  double size = 0;  ///< font size of most of its glyphs
  int glyphs = 0;
  double boldShare = 0;
  double monoShare = 0;

  [[nodiscard]] double middle() const { return (band.top + band.bottom) / 2; }
};

/// Rows that follow one another between the same two edges.
struct Column {
  double left = 0;
  double right = 0;
  std::vector<Row> rows;
};

/// What a page's words look like once their order is known. Boxes are in the reading view: the
/// frame, or its mirror image where the page reads from right to left, so that reading always goes
/// from a smaller x to a larger.
struct ReadingOrder {
  bool rightToLeft = false;
  double bodySize = 0;      ///< the font size of most glyphs
  std::vector<Row> header;  ///< rows that stand alone at the top
  std::vector<Column> columns;
  std::vector<Row> footer;  ///< and at the bottom
};

ReadingOrder findReadingOrder(const std::vector<Word>& words, const Frame& frame);

}  // namespace lectern::helper::pdf
