// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/block_drafts.h"

#include "ingest/helper/pdf/line_start.h"
#include "ingest/helper/pdf/read_row.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace lectern::helper::pdf {

namespace {

constexpr double kLooseLine = 1.22;    // of the usual distance of lines: a paragraph's gap
constexpr double kLooseHeading = 1.6;  // large type is set wider apart
constexpr double kLooseCode = 2.6;     // in font sizes: one empty line belongs to the code
constexpr double kIndent = 0.7;        // in font sizes
constexpr size_t kMaxHeadingRows = 3;
constexpr int kMaxHeadingGlyphs = 200;
constexpr int kMaxCodeSpaces = 60;

class Drafter {
 public:
  Drafter(const std::vector<Word>& words, const ReadingOrder& order)
      : words_(words), order_(order), style_(measureStyle(order)) {}

  std::vector<BlockDraft> draft() {
    addMargins(order_.header);
    for (const Column& column : order_.columns) addColumn(column);
    close();
    addMargins(order_.footer);
    return std::move(drafts_);
  }

 private:
  static DraftLine line(DraftLine::Join join, std::vector<LineGlyph> glyphs, int spaces = 1) {
    return {join, spaces, std::move(glyphs)};
  }

  void addMargins(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      ReadRow line = readRow(words_, style_, ColumnView(), row);
      const bool caption = startsCaption(line.text);
      BlockDraft draft{caption ? BlockKind::Caption : BlockKind::Margin, 0, {}};
      for (auto& glyphs : line.pieces) {
        const auto join = draft.lines.empty() ? DraftLine::Join::Flow : DraftLine::Join::Gap;
        draft.lines.push_back({join, 1, std::move(glyphs)});
      }
      drafts_.push_back(std::move(draft));
    }
  }

  // The last block stays open: its sentence may go on at the top of the next column.
  void addColumn(const Column& column) {
    const ColumnView view(column);
    for (const Row& source : column.rows) {
      ReadRow row = readRow(words_, style_, view, source);
      const bool first = &source == &column.rows.front();
      const bool goesOn = !open_.empty() && (first ? continuesInNextColumn(row) : continues(row));
      if (!goesOn) {
        close();
      } else if (!row.mono) {
        open_.front().mono = false;
      }
      if (first) columnBegin_ = open_.size();
      open_.push_back(std::move(row));
      view_ = view;
    }
  }

  const ReadRow& last() const { return open_.back(); }

  double distance(const ReadRow& above, const ReadRow& below) const {
    return below.row->middle() - above.row->middle();
  }

  bool isLoose(const ReadRow& above, const ReadRow& below, double factor = kLooseLine) const {
    const double size = std::max(above.row->size, below.row->size);
    const double gap = distance(above, below);
    return gap > factor * style_.lineDistance * size || gap < 0;
  }

  // How far a row's end stays short of its column's, in points.
  double shortBy(const ReadRow& row) const { return view_.right() - row.box.right; }

  double firstWordWidth(const ReadRow& row) const {
    const Word& word = words_[static_cast<size_t>(row.row->pieces.front().words.front())];
    return word.box.right - word.box.left;
  }

  // A line that ends although the next line's first word would have fitted ends a paragraph, if its
  // last sign says so too, or it is very short.
  bool endsParagraph(const ReadRow& row, const ReadRow& next) const {
    const double room = shortBy(row);
    if (room < firstWordWidth(next) + row.row->size) return false;
    return endsSentence(row.text) || room > 0.5 * view_.width();
  }

  bool continues(const ReadRow& row) const {
    const ReadRow& previous = last();
    if (isCode(open_) && !beginsText(row)) {
      return row.mono && distance(previous, row) < kLooseCode * row.row->size;
    }
    if (open_.front().table) return isCellContinuation(row);
    if (row.table || row.leaders || previous.leaders) {
      return false;
    }
    if (!haveOneSize(*previous.row, *row.row)) return false;
    const bool heading = style_.looksLikeHeading(*row.row);
    if (heading != style_.looksLikeHeading(*previous.row) && !isBoldRunIn(row)) return false;
    if (heading && style_.looksLikeHeading(*previous.row) && row.marker == ListMarker::None) {
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
    return open_.size() == 1 && !row.mono && haveOneSize(*last().row, *row.row) &&
           shortBy(last()) < firstWordWidth(row) + row.row->size;
  }

  // A paragraph may have whole lines in bold.
  bool isBoldRunIn(const ReadRow& row) const {
    return !style_.isLarge(*row.row) && startsLowerCase(row.text);
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
    if (!haveOneSize(*previous.row, *row.row) || row.marker != ListMarker::None) return false;
    if (style_.looksLikeHeading(*row.row) || startsCaption(open_.front().text)) return false;
    if (!startsLowerCase(row.text) || endsSentence(previous.text)) return false;
    return endsWithHyphen(previous.text) || shortBy(previous) < 0.2 * view_.width();
  }

  // Nothing but further monospaced lines joins a block that begins with one.
  bool isCode(const std::vector<ReadRow>& rows) const {
    return rows.front().mono && !isHeading(rows);
  }

  bool isHeading(const std::vector<ReadRow>& rows) const {
    if (rows.size() > kMaxHeadingRows || rows.front().marker == ListMarker::Bullet) return false;
    int glyphs = 0;
    for (const ReadRow& row : rows) {
      if (!style_.looksLikeHeading(*row.row) || row.table) return false;
      glyphs += row.row->glyphs;
    }
    if (glyphs > kMaxHeadingGlyphs || startsCaption(rows.front().text)) return false;
    const char32_t end = rows.back().text.empty() ? U' ' : rows.back().text.back();
    return style_.isLarge(*rows.front().row) || (end != U',' && end != U';');
  }

  uint8_t headingLevel() const {
    const double ratio = open_.front().row->size / style_.bodySize;
    return ratio >= 1.8 ? 1 : ratio >= 1.4 ? 2 : ratio >= 1.05 ? 3 : 4;
  }

  // A row without a first cell, close below a table's row, whose cells go on with cells of that
  // row.
  bool isCellContinuation(const ReadRow& row) const {
    const ReadRow& table = open_.front();
    if (row.leaders || !haveOneSize(*last().row, *row.row)) return false;
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
    } else if (first.leaders) {
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
  PageStyle style_;
  std::vector<ReadRow> open_;  // the rows of the block that is being gathered
  size_t columnBegin_ = 0;     // the first of them in the column of the last
  ColumnView view_;            // of that column
  std::vector<BlockDraft> drafts_;
};

}  // namespace

std::vector<BlockDraft> draftBlocks(const std::vector<Word>& words, const ReadingOrder& order) {
  return Drafter(words, order).draft();
}

}  // namespace lectern::helper::pdf
