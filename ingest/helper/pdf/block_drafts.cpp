// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/block_drafts.h"

#include "ingest/helper/pdf/line_start.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace lectern::helper::pdf {

namespace {

constexpr double kSameSize = 0.08;     // relative difference of font sizes that are one size
constexpr double kLooseLine = 1.22;    // of the usual distance of lines: a paragraph's gap
constexpr double kLooseHeading = 1.6;  // large type is set wider apart
constexpr double kIndent = 0.7;        // in font sizes
constexpr double kHeadingSize = 1.15;  // of the body's size
constexpr double kMostly = 0.9;        // share of a row's glyphs
constexpr size_t kMaxHeadingRows = 3;
constexpr int kMaxHeadingGlyphs = 200;
constexpr int kLeaderDots = 4;
constexpr int kMaxCodeSpaces = 60;

// A row with its text in logical order.
struct ReadRow {
  const Row* row = nullptr;
  BoxPt box;  // as Drafter::alignedBox gives it
  std::vector<std::vector<LineGlyph>> pieces;
  std::u32string text;
  ListMarker marker = ListMarker::None;
  int leaderDots = 0;
  bool table = false;
  bool mono = false;
};

std::u32string textOf(const std::vector<LineGlyph>& glyphs) {
  std::u32string text;
  for (const LineGlyph& glyph : glyphs) text += glyph.text;
  return text;
}

bool sameSize(const Row& a, const Row& b) {
  return std::abs(a.size - b.size) <= kSameSize * std::max(a.size, b.size);
}

// The stretch of x that a column's rows fill.
double width(const Column& column) {
  return std::max(column.right - column.left, 1e-6);
}

// Right-to-left text set flush left, or the other way round: its lines end where others begin.
bool isFlushAtItsEnd(const Column& column) {
  double begins = 0;
  double ends = 0;
  for (const Row& row : column.rows) {
    begins += row.box.left < column.left + row.size ? 1 : 0;
    ends += row.box.right > column.right - row.size ? 1 : 0;
  }
  const auto rows = static_cast<double>(column.rows.size());
  return ends > 0.8 * rows && begins < 0.6 * rows;
}

class Drafter {
 public:
  Drafter(const std::vector<Word>& words, const ReadingOrder& order)
      : words_(words), order_(order) {}

  std::vector<BlockDraft> draft() {
    measure();
    addMargins(order_.header);
    for (const Column& column : order_.columns) addColumn(column);
    addMargins(order_.footer);
    return std::move(drafts_);
  }

 private:
  // The usual distance of lines in font sizes, and whether the page is set in bold altogether. Only
  // a line that fills its column tells: behind others a paragraph may end. Where too few do, the
  // closest lines have to.
  void measure() {
    constexpr double kFull = 0.85;
    constexpr double kClosest = 0.8;
    constexpr double kFarthest = 2.6;
    std::vector<double> distances;
    double closest = kFarthest;
    double bold = 0;
    double glyphs = 0;
    for (const Column& column : order_.columns) {
      enterColumn(column);
      const Row* above = nullptr;
      for (const Row& row : column.rows) {
        bold += row.boldShare * row.glyphs;
        glyphs += row.glyphs;
        const Row* previous = std::exchange(above, &row);
        if (previous == nullptr || !sameSize(*previous, row)) continue;
        const double distance = (row.middle() - previous->middle()) / row.size;
        if (distance < kClosest || distance > kFarthest) continue;
        closest = std::min(closest, distance);
        if (alignedBox(*previous).right >= column.left + kFull * width(column)) {
          distances.push_back(distance);
        }
      }
    }
    if (distances.size() >= 4) {
      const auto mid = distances.begin() + static_cast<ptrdiff_t>(distances.size() / 2);
      std::nth_element(distances.begin(), mid, distances.end());
      usualDistance_ = *mid;
    } else if (closest < kFarthest) {
      usualDistance_ = closest;
    }
    boldPage_ = bold > 0.5 * glyphs;
  }

  void enterColumn(const Column& column) {
    column_ = &column;
    turned_ = isFlushAtItsEnd(column);
  }

  // The row's box, mirrored in its column where that is needed to have the flush edge left.
  BoxPt alignedBox(const Row& row) const {
    if (!turned_) return row.box;
    const double both = column_->left + column_->right;
    return {both - row.box.right, row.box.top, both - row.box.left, row.box.bottom};
  }

  ReadRow read(const Row& row) const {
    ReadRow result;
    result.row = &row;
    result.box = column_ == nullptr ? row.box : alignedBox(row);
    for (const Piece& piece : row.pieces) {
      result.pieces.push_back(readLine(words_, piece.words, order_.rightToLeft));
      if (!result.text.empty()) result.text.push_back(U' ');
      result.text += textOf(result.pieces.back());
    }
    result.marker = listMarkerOf(result.text);
    int run = 0;
    for (const char32_t c : result.text) {
      if (c == U'.') {
        result.leaderDots = std::max(result.leaderDots, ++run);
      } else if (c != U' ') {
        run = 0;
      }
    }
    result.mono = row.monoShare >= kMostly && result.marker != ListMarker::Bullet;
    result.table = row.pieces.size() > 1 && !result.mono && !startsWithNumber(result);
    return result;
  }

  // "•    text", "3.1    Title": the first gap is no cell border.
  bool startsWithNumber(const ReadRow& row) const {
    if (row.pieces.size() != 2) return false;
    const std::u32string first = textOf(row.pieces.front());
    if (listMarkerOf(first + U" x") != ListMarker::None) return true;
    return isSectionNumber(first) && looksLikeHeading(*row.row);
  }

  bool looksLikeHeading(const Row& row) const {
    return row.size >= kHeadingSize * order_.bodySize || (row.boldShare >= kMostly && !boldPage_);
  }

  static DraftLine line(DraftLine::Join join, std::vector<LineGlyph> glyphs, int spaces = 1) {
    return {join, spaces, std::move(glyphs)};
  }

  void addMargins(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      ReadRow line = read(row);
      const bool caption = startsCaption(line.text);
      BlockDraft draft{caption ? BlockKind::Caption : BlockKind::Margin, 0, {}};
      for (auto& glyphs : line.pieces) {
        const auto join = draft.lines.empty() ? DraftLine::Join::Flow : DraftLine::Join::Gap;
        draft.lines.push_back({join, 1, std::move(glyphs)});
      }
      drafts_.push_back(std::move(draft));
    }
  }

  void addColumn(const Column& column) {
    enterColumn(column);
    const bool flowsOn = !open_.empty();
    for (size_t i = 0; i < column.rows.size(); ++i) {
      ReadRow row = read(column.rows[i]);
      const bool goesOn = open_.empty()         ? false
                          : (i == 0 && flowsOn) ? continuesInNextColumn(row)
                                                : continues(row);
      if (!goesOn) {
        close();
      } else if (!row.mono) {
        open_.front().mono = false;
      }
      if (i == 0) columnBegin_ = open_.size();
      open_.push_back(std::move(row));
      openColumnRight_ = column.right;
      openColumnWidth_ = width(column);
    }
    // The last block stays open: its sentence may go on at the top of the next column.
    if (&column == &order_.columns.back()) close();
  }

  const ReadRow& last() const { return open_.back(); }

  double distance(const ReadRow& above, const ReadRow& below) const {
    return below.row->middle() - above.row->middle();
  }

  bool isLoose(const ReadRow& above, const ReadRow& below, double factor = kLooseLine) const {
    const double size = std::max(above.row->size, below.row->size);
    const double gap = distance(above, below);
    return gap > factor * usualDistance_ * size || gap < 0;
  }

  // How far a row's end stays short of its column's, in points.
  double shortBy(const ReadRow& row) const { return openColumnRight_ - row.box.right; }

  double firstWordWidth(const ReadRow& row) const {
    const Word& word = words_[static_cast<size_t>(row.row->pieces.front().words.front())];
    return word.box.right - word.box.left;
  }

  // A line that ends although the next line's first word would have fitted ends a paragraph, if its
  // last sign says so too, or it is very short.
  bool endsParagraph(const ReadRow& row, const ReadRow& next) const {
    const double room = shortBy(row);
    if (room < firstWordWidth(next) + row.row->size) return false;
    return endsSentence(row.text) || room > 0.5 * openColumnWidth_;
  }

  bool continues(const ReadRow& row) const {
    const ReadRow& previous = last();
    if (isCode(open_) && !beginsText(row)) {
      return row.mono && distance(previous, row) < 2.6 * row.row->size;
    }
    if (open_.front().table) return isCellContinuation(row);
    if (row.table || row.leaderDots >= kLeaderDots || previous.leaderDots >= kLeaderDots) {
      return false;
    }
    if (!sameSize(*previous.row, *row.row)) return false;
    const bool heading = looksLikeHeading(*row.row);
    if (heading != looksLikeHeading(*previous.row) && !isBoldRunIn(row)) return false;
    if (heading && row.marker == ListMarker::None) {
      const bool full =
          startsLowerCase(row.text) || shortBy(previous) < firstWordWidth(row) + row.row->size;
      return !isLoose(previous, row) || (full && !isLoose(previous, row, kLooseHeading));
    }
    if (isLoose(previous, row)) return false;
    if (row.mono && !previous.mono && isIndented(row, open_.front())) return false;
    if (row.marker == ListMarker::Bullet) return false;
    if (row.marker == ListMarker::Weak &&
        (endsSentence(previous.text) || shortBy(previous) > 2 * row.row->size)) {
      return false;
    }
    if (startsCaption(row.text)) return false;
    if (endsParagraph(previous, row)) return false;
    return keepsIndentation(row);
  }

  // An address may fill the first line of a paragraph, or of a footnote.
  bool beginsText(const ReadRow& row) const {
    return open_.size() == 1 && !row.mono && sameSize(*last().row, *row.row) &&
           shortBy(last()) < firstWordWidth(row) + row.row->size;
  }

  // A paragraph may have whole lines in bold.
  bool isBoldRunIn(const ReadRow& row) const {
    return row.row->size < kHeadingSize * order_.bodySize && startsLowerCase(row.text);
  }

  bool isIndented(const ReadRow& row, const ReadRow& than) const {
    return row.box.left - than.box.left > kIndent * row.row->size;
  }

  bool keepsIndentation(const ReadRow& row) const {
    const double step = kIndent * row.row->size;
    const double left = row.box.left;
    const double first = open_[columnBegin_].box.left;
    if (columnBegin_ > 0) return std::abs(left - first) <= step;
    if (open_.size() == 1) {
      // The second line may stand left of a first-line indent, or right of a hanging first line.
      const bool list = open_.front().marker != ListMarker::None;
      return left <= first + step || list || shortBy(last()) < firstWordWidth(row) + row.row->size;
    }
    const double body = open_[1].box.left;
    return std::abs(left - body) <= step;
  }

  bool continuesInNextColumn(const ReadRow& row) const {
    const ReadRow& previous = last();
    if (isCode(open_) || isHeading(open_) || open_.front().table || row.table || row.mono) {
      return false;
    }
    if (!sameSize(*previous.row, *row.row) || row.marker != ListMarker::None) return false;
    if (looksLikeHeading(*row.row) || startsCaption(open_.front().text)) return false;
    if (!startsLowerCase(row.text) || endsSentence(previous.text)) return false;
    return endsWithHyphen(previous.text) || shortBy(previous) < 0.2 * openColumnWidth_;
  }

  // Nothing but further monospaced lines joins a block that begins with one.
  bool isCode(const std::vector<ReadRow>& rows) const {
    return rows.front().mono && !isHeading(rows);
  }

  bool isHeading(const std::vector<ReadRow>& rows) const {
    if (rows.size() > kMaxHeadingRows || rows.front().marker == ListMarker::Bullet) return false;
    int glyphs = 0;
    for (const ReadRow& row : rows) {
      if (!looksLikeHeading(*row.row) || row.table) return false;
      glyphs += row.row->glyphs;
    }
    if (glyphs > kMaxHeadingGlyphs || startsCaption(rows.front().text)) return false;
    const char32_t end = rows.back().text.empty() ? U' ' : rows.back().text.back();
    const bool large = rows.front().row->size >= kHeadingSize * order_.bodySize;
    return large || (end != U',' && end != U';');
  }

  uint8_t headingLevel() const {
    const double ratio = open_.front().row->size / order_.bodySize;
    return ratio >= 1.8 ? 1 : ratio >= 1.4 ? 2 : ratio >= 1.05 ? 3 : 4;
  }

  // A row without a first cell, close below a table's row, whose cells go on with cells of that
  // row.
  bool isCellContinuation(const ReadRow& row) const {
    const ReadRow& table = open_.front();
    if (row.leaderDots >= kLeaderDots || !sameSize(*last().row, *row.row)) return false;
    if (isLoose(last(), row) || row.mono) return false;
    return std::all_of(row.row->pieces.begin(), row.row->pieces.end(),
                       [&](const Piece& piece) { return cellAbove(piece, table.row->pieces) > 0; });
  }

  // The cell that a piece stands under, at its left edge or a little indented; -1 where there is
  // none.
  static int cellAbove(const Piece& piece, const std::vector<Piece>& cells) {
    const double height = piece.box.bottom - piece.box.top;
    for (size_t i = 0; i < cells.size(); ++i) {
      const double indent = piece.box.left - cells[i].box.left;
      const bool fits = i + 1 == cells.size() || piece.box.right < cells[i + 1].box.left;
      if (fits && indent > -0.3 * height && indent < 2 * height) return static_cast<int>(i);
    }
    return -1;
  }

  void close() {
    if (open_.empty()) return;
    BlockDraft draft;
    if (open_.front().table) {
      draft = tableRow();
    } else if (isCode(open_)) {
      draft = codeBlock();
    } else {
      draft = textBlock();
    }
    drafts_.push_back(std::move(draft));
    open_.clear();
    columnBegin_ = 0;
  }

  BlockDraft textBlock() {
    BlockDraft draft;
    const ReadRow& first = open_.front();
    if (isHeading(open_)) {
      draft.kind = BlockKind::Heading;
      draft.level = headingLevel();
    } else if (first.leaderDots >= kLeaderDots) {
      draft.kind = BlockKind::TableRow;
    } else if (startsCaption(first.text)) {
      draft.kind = BlockKind::Caption;
    } else if (first.marker != ListMarker::None) {
      draft.kind = BlockKind::ListItem;
    }
    for (ReadRow& row : open_) {
      for (size_t i = 0; i < row.pieces.size(); ++i) {
        draft.lines.push_back(
            line(i == 0 ? DraftLine::Join::Flow : DraftLine::Join::Gap, std::move(row.pieces[i])));
      }
    }
    return draft;
  }

  BlockDraft tableRow() {
    const std::vector<Piece>& cells = open_.front().row->pieces;
    std::vector<std::vector<std::vector<LineGlyph>>> linesOfCell(cells.size());
    for (ReadRow& row : open_) {
      for (size_t i = 0; i < row.pieces.size(); ++i) {
        const int cell =
            &row == &open_.front() ? static_cast<int>(i) : cellAbove(row.row->pieces[i], cells);
        linesOfCell[static_cast<size_t>(cell)].push_back(std::move(row.pieces[i]));
      }
    }
    BlockDraft draft{BlockKind::TableRow, 0, {}};
    for (auto& cell : linesOfCell) {
      for (size_t i = 0; i < cell.size(); ++i) {
        draft.lines.push_back(
            line(i == 0 ? DraftLine::Join::Cell : DraftLine::Join::Flow, std::move(cell[i])));
      }
    }
    return draft;
  }

  BlockDraft codeBlock() {
    BlockDraft draft{BlockKind::Code, 0, {}};
    double left = open_.front().row->box.left;
    for (const ReadRow& row : open_) left = std::min(left, row.row->box.left);
    for (ReadRow& row : open_) {
      const double advance = 0.6 * row.row->size;
      double end = left;
      for (size_t i = 0; i < row.pieces.size(); ++i) {
        const BoxPt& box = row.row->pieces[i].box;
        const auto spaces = static_cast<int>(
            std::clamp(std::round((box.left - end) / advance), 0.0, double{kMaxCodeSpaces}));
        draft.lines.push_back(line(i == 0 ? DraftLine::Join::Break : DraftLine::Join::Gap,
                                   std::move(row.pieces[i]), spaces));
        end = box.right;
      }
    }
    return draft;
  }

  const std::vector<Word>& words_;
  const ReadingOrder& order_;
  double usualDistance_ = 1.25;
  bool boldPage_ = false;
  const Column* column_ = nullptr;
  bool turned_ = false;        // see alignedBox
  std::vector<ReadRow> open_;  // the rows of the block that is being gathered
  size_t columnBegin_ = 0;     // the first of them in the column of the last
  double openColumnRight_ = 0;
  double openColumnWidth_ = 1;
  std::vector<BlockDraft> drafts_;
};

}  // namespace

std::vector<BlockDraft> draftBlocks(const std::vector<Word>& words, const ReadingOrder& order) {
  return Drafter(words, order).draft();
}

}  // namespace lectern::helper::pdf
