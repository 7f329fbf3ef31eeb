// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/check.h"
#include "core/base/utf8.h"
#include "core/document/document_info.h"
#include "core/document/page.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lectern::test {

/// Makes a document's pages in code, as an importer would: text with one "\n\n" after each block,
/// the blocks, and a glyph run for every word. Lines are 80 code points wide and never overlap, so
/// that rectangles can be predicted: code point `c` of line `l` of a page lies at
/// `left(c)..left(c + 1)`, `top(l)..bottom(l)`.
///
///   const auto pages = DocumentBuilder("Lease").heading("Notice").paragraph("Three
///   months.").pages();
class DocumentBuilder {
 public:
  static constexpr int kLineLength = 80;
  static constexpr int kLines = 60;

  static uint16_t left(int column) { return static_cast<uint16_t>(6000 + column * 600); }
  static uint16_t top(int line) { return static_cast<uint16_t>(4000 + line * 1000); }
  static uint16_t bottom(int line) { return static_cast<uint16_t>(top(line) + 700); }

  explicit DocumentBuilder(std::string title) {
    info_.title = std::move(title);
    info_.mediaType = "text/plain";
    info_.extractor = "test/1";
    newPage();
  }

  DocumentBuilder& newPage() {
    Page page;
    page.number = static_cast<int>(pages_.size()) + 1;
    page.widthPt = 612;
    page.heightPt = 792;
    page.state = PageState::Blank;
    pages_.push_back(std::move(page));
    line_ = 0;
    return *this;
  }

  DocumentBuilder& heading(std::string_view text, int level = 1) {
    return block(BlockKind::Heading, text, level);
  }
  DocumentBuilder& paragraph(std::string_view text) { return block(BlockKind::Paragraph, text, 0); }

  /// `text` has single spaces between its words and no other white space but tabs.
  DocumentBuilder& block(BlockKind kind, std::string_view text, int level = 0) {
    Page& page = pages_.back();
    page.state = PageState::Text;
    const auto begin = static_cast<int64_t>(page.text.size());
    page.text += text;
    const TextSpan span{begin, static_cast<int64_t>(page.text.size())};
    page.text += "\n\n";
    page.blocks.push_back({kind, static_cast<uint8_t>(level), span});
    layOut(page, span);
    return *this;
  }

  /// A page that was not read: image-only, or skipped with a reason.
  DocumentBuilder& unreadPage(PageState state, std::string problem = {}) {
    if (pages_.back().state != PageState::Blank) newPage();
    pages_.back().state = state;
    pages_.back().problem = std::move(problem);
    return newPage();
  }

  DocumentBuilder& outlineItem(std::string title, int page, int level = 1) {
    info_.outline.push_back({level, std::move(title), page, 0});
    return *this;
  }

  [[nodiscard]] DocumentInfo info() const {
    DocumentInfo info = info_;
    info.pageCount = static_cast<int>(pages().size());
    return info;
  }
  [[nodiscard]] std::vector<Page> pages() const {
    std::vector<Page> pages = pages_;
    if (pages.size() > 1 && pages.back().state == PageState::Blank) pages.pop_back();
    return pages;
  }

  /// The runs of the last page become invisible from byte `begin` on.
  DocumentBuilder& hideFrom(int64_t begin) {
    for (GlyphRun& run : pages_.back().runs) {
      if (run.span.begin >= begin) run.flags |= GlyphRun::Invisible;
    }
    return *this;
  }

 private:
  void layOut(Page& page, TextSpan block) {
    int column = 0;
    int64_t at = block.begin;
    while (at < block.end) {
      if (page.text[static_cast<size_t>(at)] == ' ' || page.text[static_cast<size_t>(at)] == '\t') {
        ++column;
        ++at;
        continue;
      }
      const size_t space = page.text.find_first_of(" \t\n", static_cast<size_t>(at));
      TextSpan word{at, std::min(block.end, static_cast<int64_t>(space))};
      at = word.end;
      const auto length = static_cast<int>(utf8::length(std::string_view(page.text).substr(
          static_cast<size_t>(word.begin), static_cast<size_t>(word.length()))));
      LECTERN_CHECK(length <= kLineLength);
      if (column + length > kLineLength) {
        ++line_;
        column = 0;
      }
      LECTERN_CHECK(line_ < kLines);
      GlyphRun run;
      run.span = word;
      run.flags = column == 0 ? GlyphRun::StartsLine : 0;
      run.box = {left(column), top(line_), left(column + length), bottom(line_)};
      for (int i = 0; i <= length; ++i) run.edges.push_back(left(column + i));
      page.runs.push_back(std::move(run));
      column += length;
    }
    ++line_;
  }

  DocumentInfo info_;
  std::vector<Page> pages_;
  int line_ = 0;
};

}  // namespace lectern::test
