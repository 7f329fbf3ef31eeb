// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/flow/paginator.h"

#include "core/base/utf8.h"

#include <algorithm>
#include <cmath>

namespace lectern::helper {

namespace {

// Characters without an advance would make a line without end.
constexpr int kMaxLineCodePoints = 400;
// A heading stays with at least so many lines of what it heads.
constexpr int kLinesWithHeading = 3;
// Pango takes a time that grows with the square of a word's length to break inside it: a page of
// one word took 15 ms in one layout, and takes 5 ms in pieces of eight lines.
constexpr int kMaxLinesInsideWord = 8;

bool isSpace(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\t';
}

struct LineEnd {
  int64_t at = 0;
  bool isInsideWord = false;
};

// The end of the line that starts at `begin`: at a space where one fits, else between characters.
LineEnd lineEnd(
    std::string_view text, int64_t begin, double widthPt, double tabPt, TypeSetting::Style& style) {
  double x = 0;
  int64_t lastBreak = begin;
  int codePoints = 0;
  for (int64_t at = begin; at < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, at);
    const int64_t next = at + decoded.length;
    if (decoded.codePoint == '\n') return {next};
    x = decoded.codePoint == '\t' ? (std::floor(x / tabPt) + 1) * tabPt
                                  : x + style.advance(decoded.codePoint);
    const bool isFull =
        (x > widthPt && decoded.codePoint != ' ') || ++codePoints > kMaxLineCodePoints;
    if (isFull && lastBreak > begin) return {lastBreak};
    const bool isSpace = decoded.codePoint == ' ' || decoded.codePoint == '\t';
    if (isFull && at > begin) return {at, !isSpace};
    if (isSpace) lastBreak = next;
    at = next;
  }
  return {static_cast<int64_t>(text.size())};
}

TextSpan trimmed(std::string_view text, TextSpan span, bool keepsStart) {
  while (span.end > span.begin && isSpace(text[static_cast<size_t>(span.end - 1)])) --span.end;
  while (!keepsStart && span.begin < span.end && isSpace(text[static_cast<size_t>(span.begin)])) {
    ++span.begin;
  }
  return span;
}

}  // namespace

Pagination::Pagination(const FlowDocument& document, TypeSetting& setting) {
  for (uint32_t block = 0; block < document.blocks().size(); ++block) {
    place(block, document, setting);
  }
}

std::span<const FlowPiece> Pagination::piecesOf(int page) const {
  const auto index = static_cast<size_t>(page - 1);
  const size_t end = index + 1 < firstPiece_.size() ? firstPiece_[index + 1] : pieces_.size();
  return std::span(pieces_).subspan(firstPiece_[index], end - firstPiece_[index]);
}

void Pagination::startPage() {
  firstPiece_.push_back(pieces_.size());
  usedPt_ = 0;
}

void Pagination::place(uint32_t index, const FlowDocument& document, TypeSetting& setting) {
  const FlowBlock& block = document.blocks()[index];
  TypeSetting::Style& style = setting.styleOf(block);
  const std::string_view all = document.text();
  // The block's text alone, so that no line runs into the next block; offsets stay the document's.
  const std::string_view text = all.substr(0, static_cast<size_t>(block.span.end));
  const double tabPt = setting.tabWidthPt(block, document.textOf(block.span));
  const double lineHeight = style.lineHeight();

  const double gap = pieces_.empty() ? 0 : gapPt(document.blocks()[index - 1], block);
  const int linesNeeded = block.kind == BlockKind::Heading ? kLinesWithHeading : 1;
  if (firstPiece_.empty() || usedPt_ + gap + lineHeight * linesNeeded > Sheet::kTextHeightPt) {
    startPage();
  } else {
    usedPt_ += gap;
  }

  const bool keepsStart = block.kind == BlockKind::Code || block.kind == BlockKind::TableRow;
  FlowPiece piece{index, false, {block.span.begin, block.span.begin}};
  int linesInsideWord = 0;
  const auto addPiece = [&](int64_t end, bool goesOn) {
    piece.span = trimmed(all, {piece.span.begin, end}, keepsStart);
    if (!piece.span.isEmpty()) pieces_.push_back(piece);
    piece = {index, goesOn, {end, end}};
    linesInsideWord = 0;
  };
  for (int64_t at = block.span.begin; at < block.span.end;) {
    if (usedPt_ + lineHeight > Sheet::kTextHeightPt) {
      addPiece(at, false);
      startPage();
    }
    const LineEnd line = lineEnd(text, at, textWidthPt(block), tabPt, style);
    at = line.at;
    usedPt_ += lineHeight;
    linesInsideWord = line.isInsideWord ? linesInsideWord + 1 : 0;
    if (linesInsideWord == kMaxLinesInsideWord) addPiece(at, true);
  }
  addPiece(block.span.end, false);
}

}  // namespace lectern::helper
