// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/reading_order.h"

#include "ingest/helper/pdf/column_cut.h"
#include "ingest/helper/pdf/table_cells.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace lectern::helper::pdf {

namespace {

// A gap inside a line, in font sizes, that is wider than justified text ever spreads its words.
constexpr double kFragmentGap = 1.2;
// A gap that parts two cells of a table.
constexpr double kCellGap = 1.6;
// Headers and footers stand in these shares of the page, this many font sizes from the text.
constexpr double kMarginShare = 0.15;
constexpr double kLongMarginShare = 0.08;
constexpr int kLongMarginGlyphs = 60;
constexpr double kMarginPitch = 2.0;
constexpr int kMaxMarginRows = 2;
// A title that stands alone is larger; a header over a page of small print is not.
constexpr double kLargeType = 1.3;

BoxPt mirrored(const BoxPt& box, double width) {
  return {width - box.right, box.top, width - box.left, box.bottom};
}

double bodySizeOf(const std::vector<Word>& words) {
  // Code is often smaller than the text around it; it counts only on a page of nothing else.
  for (const bool countMono : {false, true}) {
    std::map<long, int64_t> glyphsOfSize;
    int64_t all = 0;
    for (const Word& word : words) {
      if (word.mono && !countMono) continue;
      glyphsOfSize[std::lround(word.size * 2)] += static_cast<int64_t>(word.glyphs.size());
      all += static_cast<int64_t>(word.glyphs.size());
    }
    if (all == 0 || (!countMono && all < 100)) continue;
    const auto most =
        std::max_element(glyphsOfSize.begin(), glyphsOfSize.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return static_cast<double>(most->first) / 2;
  }
  return 10;
}

class OrderFinder {
 public:
  OrderFinder(const std::vector<Word>& words, const Frame& frame) : words_(words) {
    order_.rightToLeft = isMostlyRightToLeft(words);
    order_.bodySize = bodySizeOf(words);
    frame_ = frame;
    boxes_.reserve(words.size());
    for (const Word& word : words) boxes_.push_back(readingBox(word));
  }

  ReadingOrder find() {
    std::vector<Fragment> fragments = makeFragments();
    if (fragments.empty()) return std::move(order_);
    auto rows = groupRows(std::move(fragments));
    takeMargins(rows);
    std::vector<Fragment> body;
    double left = frame_.width();
    double right = 0;
    for (auto& row : rows) {
      for (Fragment& fragment : row.fragments) {
        left = std::min(left, fragment.box.left);
        right = std::max(right, fragment.box.right);
        body.push_back(std::move(fragment));
      }
    }
    for (CutColumn& cut : cutColumns(std::move(body), left, right, order_.bodySize)) {
      Column column{cut.left, cut.right, {}};
      for (FragmentRow& row : cut.rows) column.rows.push_back(makeRow(row));
      partCells(column.rows, boxes_);
      order_.columns.push_back(std::move(column));
    }
    return std::move(order_);
  }

 private:
  BoxPt readingBox(const Word& word) const {
    return order_.rightToLeft ? mirrored(word.box, frame_.width()) : word.box;
  }

  // The library's order keeps the words of a line together, and those of another column apart.
  std::vector<Fragment> makeFragments() const {
    std::vector<Fragment> fragments;
    double lastRight = 0;
    for (size_t i = 0; i < words_.size(); ++i) {
      const Word& word = words_[i];
      const double gap = word.box.left - lastRight;
      const BoxPt& box = boxes_[i];
      const bool goesOn = !fragments.empty() &&
                          overlapShare(fragments.back().box, box) >= kSameLineOverlap &&
                          gap > -0.5 * word.size && gap < kFragmentGap * word.size;
      if (goesOn) {
        Fragment& fragment = fragments.back();
        fragment.box = united(fragment.box, box);
        fragment.words.push_back(static_cast<int>(i));
        fragment.glyphs += static_cast<int>(word.glyphs.size());
      } else {
        fragments.push_back(
            {{static_cast<int>(i)}, box, static_cast<int>(word.glyphs.size()), word.size});
      }
      lastRight = word.box.right;
    }
    return fragments;
  }

  // Moves the rows that stand alone at the top and the bottom out of `rows`.
  void takeMargins(std::vector<FragmentRow>& rows) {
    size_t head = 0;
    for (size_t count = 1; count <= kMaxMarginRows && count < rows.size(); ++count) {
      const FragmentRow& last = rows[count - 1];
      if (last.box.bottom > frame_.height() * marginShare(last) || isLarge(last)) break;
      if (standsApart(last, rows[count])) {
        head = count;
        break;
      }
    }
    size_t foot = 0;
    for (size_t count = 1;
         count <= kMaxMarginRows && count < rows.size() && head + count <= rows.size(); ++count) {
      const FragmentRow& first = rows[rows.size() - count];
      if (first.box.top < frame_.height() * (1 - marginShare(first)) || isLarge(first)) break;
      if (standsApart(rows[rows.size() - count - 1], first)) {
        foot = count;
        break;
      }
    }
    for (size_t i = 0; i < head; ++i) order_.header.push_back(makeRow(rows[i]));
    for (size_t i = rows.size() - foot; i < rows.size(); ++i) {
      order_.footer.push_back(makeRow(rows[i]));
    }
    rows.erase(rows.end() - static_cast<ptrdiff_t>(foot), rows.end());
    rows.erase(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(head));
  }

  // A line of text, as of a footnote, has to be nearer to the edge.
  static double marginShare(const FragmentRow& row) {
    int glyphs = 0;
    for (const Fragment& fragment : row.fragments) glyphs += fragment.glyphs;
    return glyphs > kLongMarginGlyphs ? kLongMarginShare : kMarginShare;
  }

  bool isLarge(const FragmentRow& row) const {
    return std::any_of(row.fragments.begin(), row.fragments.end(),
                       [&](const Fragment& f) { return f.size > order_.bodySize * kLargeType; });
  }

  bool standsApart(const FragmentRow& above, const FragmentRow& below) const {
    return below.middle() - above.middle() > kMarginPitch * order_.bodySize &&
           below.box.top > above.box.bottom;
  }

  Row makeRow(FragmentRow& source) const {
    Row row;
    std::sort(source.fragments.begin(), source.fragments.end(),
              [](const Fragment& a, const Fragment& b) { return a.box.left < b.box.left; });
    row.box = source.box;
    row.band = source.band;
    std::map<long, int> glyphsOfSize;
    for (const Fragment& fragment : source.fragments) {
      const bool newPiece = row.pieces.empty() || fragment.box.left - row.pieces.back().box.right >
                                                      kCellGap * fragment.size;
      if (newPiece) row.pieces.push_back({{}, fragment.box});
      Piece& piece = row.pieces.back();
      piece.words.insert(piece.words.end(), fragment.words.begin(), fragment.words.end());
      piece.box = united(piece.box, fragment.box);
      for (const int index : fragment.words) {
        const Word& word = words_[static_cast<size_t>(index)];
        const auto glyphs = static_cast<int>(word.glyphs.size());
        row.glyphs += glyphs;
        row.boldShare += word.bold ? glyphs : 0;
        row.monoShare += word.mono ? glyphs : 0;
        glyphsOfSize[std::lround(word.size * 10)] += glyphs;
      }
    }
    row.boldShare /= row.glyphs;
    row.monoShare /= row.glyphs;
    const auto most =
        std::max_element(glyphsOfSize.begin(), glyphsOfSize.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    row.size = static_cast<double>(most->first) / 10;
    return row;
  }

  const std::vector<Word>& words_;
  Frame frame_;
  std::vector<BoxPt> boxes_;  // of the words, in the reading view
  ReadingOrder order_;
};

}  // namespace

ReadingOrder findReadingOrder(const std::vector<Word>& words, const Frame& frame) {
  return OrderFinder(words, frame).find();
}

}  // namespace lectern::helper::pdf
