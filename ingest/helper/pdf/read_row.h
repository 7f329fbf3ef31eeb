// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/pdf/line_start.h"
#include "ingest/helper/pdf/logical_line.h"
#include "ingest/helper/pdf/reading_order.h"

#include <string>
#include <vector>

namespace lectern::helper::pdf {

/// What is usual on a page: a row is judged against it.
struct PageStyle {
  double bodySize = 10;
  double lineDistance = 1.25;  ///< of lines of one paragraph, in font sizes
  bool bold = false;           ///< most of it is
  bool rightToLeft = false;

  /// Of large type, or in bold on a page that is not.
  [[nodiscard]] bool looksLikeHeading(const Row& row) const;
  [[nodiscard]] bool isLarge(const Row& row) const;
};

PageStyle measureStyle(const ReadingOrder& order);

/// A column with its flush edge left: right-to-left text set flush left, or the other way round, is
/// seen in a mirror, as its lines end where others begin.
class ColumnView {
 public:
  ColumnView() = default;
  explicit ColumnView(const Column& column);

  [[nodiscard]] double right() const { return right_; }
  [[nodiscard]] double width() const;
  [[nodiscard]] BoxPt boxOf(const Row& row) const;
  /// The row reaches the column's end but for a seventh of its width.
  [[nodiscard]] bool isFilledBy(const Row& row) const;

 private:
  double left_ = 0;
  double right_ = 0;
  bool mirrored_ = false;
};

/// A row with its text in logical order, and what it says of itself.
struct ReadRow {
  const Row* row = nullptr;
  BoxPt box;  ///< in its column's view
  std::vector<std::vector<LineGlyph>> pieces;
  std::u32string text;
  ListMarker marker = ListMarker::None;
  bool leaders = false;  ///< dots lead from a title to its page number
  bool table = false;    ///< its gaps part cells
  bool mono = false;
};

ReadRow readRow(const std::vector<Word>& words,
                const PageStyle& style,
                const ColumnView& column,
                const Row& row);

/// Font sizes that differ by rounding only.
bool haveOneSize(const Row& a, const Row& b);

}  // namespace lectern::helper::pdf
