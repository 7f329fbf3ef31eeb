// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/read_row.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lectern::helper::pdf {

namespace {

constexpr double kOneSize = 0.08;      // relative difference
constexpr double kHeadingSize = 1.15;  // of the body's size
constexpr double kMostly = 0.9;        // share of a row's glyphs
constexpr double kFilled = 0.85;       // share of a column's width
constexpr int kLeaderDots = 5;         // one more than an ellipsis and a full stop

std::u32string textOf(const std::vector<LineGlyph>& glyphs) {
  std::u32string text;
  for (const LineGlyph& glyph : glyphs) text += glyph.text;
  return text;
}

bool hasLeaders(const std::u32string& text) {
  int run = 0;
  for (const char32_t c : text) {
    if (c == U'.') {
      if (++run == kLeaderDots) return true;
    } else if (c != U' ') {
      run = 0;
    }
  }
  return false;
}

// "•    text", "3.1    Title": the first gap is no cell's border.
bool startsWithNumber(const PageStyle& style, const ReadRow& row) {
  if (row.pieces.size() != 2) return false;
  const std::u32string first = textOf(row.pieces.front());
  if (listMarkerOf(first + U" x") != ListMarker::None) return true;
  return isSectionNumber(first) && style.looksLikeHeading(*row.row);
}

}  // namespace

bool haveOneSize(const Row& a, const Row& b) {
  return std::abs(a.size - b.size) <= kOneSize * std::max(a.size, b.size);
}

bool PageStyle::isLarge(const Row& row) const {
  return row.size >= kHeadingSize * bodySize;
}

bool PageStyle::looksLikeHeading(const Row& row) const {
  return isLarge(row) || (row.boldShare >= kMostly && !bold);
}

// Only a line that fills its column tells the distance of lines: behind others a paragraph may end.
// Where too few do, the closest lines have to.
PageStyle measureStyle(const ReadingOrder& order) {
  constexpr double kClosest = 0.8;
  constexpr double kFarthest = 2.6;
  constexpr size_t kEnough = 4;
  PageStyle style;
  style.bodySize = order.bodySize;
  style.rightToLeft = order.rightToLeft;
  std::vector<double> distances;
  double closest = kFarthest;
  double boldGlyphs = 0;
  double glyphs = 0;
  for (const Column& column : order.columns) {
    const ColumnView view(column);
    const Row* above = nullptr;
    for (const Row& row : column.rows) {
      boldGlyphs += row.boldShare * row.glyphs;
      glyphs += row.glyphs;
      const Row* previous = std::exchange(above, &row);
      if (previous == nullptr || !haveOneSize(*previous, row)) continue;
      const double distance = (row.middle() - previous->middle()) / row.size;
      if (distance < kClosest || distance > kFarthest) continue;
      closest = std::min(closest, distance);
      if (view.isFilledBy(*previous)) distances.push_back(distance);
    }
  }
  if (distances.size() >= kEnough) {
    const auto mid = distances.begin() + static_cast<ptrdiff_t>(distances.size() / 2);
    std::nth_element(distances.begin(), mid, distances.end());
    style.lineDistance = *mid;
  } else if (closest < kFarthest) {
    style.lineDistance = closest;
  }
  style.bold = boldGlyphs > 0.5 * glyphs;
  return style;
}

ColumnView::ColumnView(const Column& column) : left_(column.left), right_(column.right) {
  double begins = 0;
  double ends = 0;
  for (const Row& row : column.rows) {
    begins += row.box.left < column.left + row.size ? 1 : 0;
    ends += row.box.right > column.right - row.size ? 1 : 0;
  }
  const auto rows = static_cast<double>(column.rows.size());
  mirrored_ = ends > 0.8 * rows && begins < 0.6 * rows;
}

double ColumnView::width() const {
  return std::max(right_ - left_, 1e-6);
}

BoxPt ColumnView::boxOf(const Row& row) const {
  if (!mirrored_) return row.box;
  const double both = left_ + right_;
  return {both - row.box.right, row.box.top, both - row.box.left, row.box.bottom};
}

bool ColumnView::isFilledBy(const Row& row) const {
  return boxOf(row).right >= left_ + kFilled * width();
}

ReadRow readRow(const std::vector<Word>& words,
                const PageStyle& style,
                const ColumnView& column,
                const Row& row) {
  ReadRow result;
  result.row = &row;
  result.box = column.boxOf(row);
  for (const Piece& piece : row.pieces) {
    result.pieces.push_back(readLine(words, piece.words, style.rightToLeft));
    if (!result.text.empty()) result.text.push_back(U' ');
    result.text += textOf(result.pieces.back());
  }
  result.marker = listMarkerOf(result.text);
  result.leaders = hasLeaders(result.text);
  result.mono = row.monoShare >= kMostly && result.marker != ListMarker::Bullet;
  result.table = row.pieces.size() > 1 && !result.mono && !startsWithNumber(style, result);
  return result;
}

}  // namespace lectern::helper::pdf
