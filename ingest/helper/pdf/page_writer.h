// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/pdf/block_drafts.h"

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace lectern::helper::pdf {

/// Writes blocks one behind the other as a page's text, and notes where each glyph stands.
class PageWriter {
 public:
  /// The words of one rotation, and the blocks that were made of them.
  void write(const std::vector<Word>& words,
             const Frame& frame,
             const std::vector<BlockDraft>& drafts);

  PageText take() { return std::move(page_); }

 private:
  void noteVocabulary(const std::vector<Word>& words);
  void writeBlock(const BlockDraft& draft);
  void join(const DraftLine& line, bool first);
  bool joinHyphenated(const std::vector<LineGlyph>& line);
  [[nodiscard]] bool isCompound(std::u32string_view head, std::u32string_view tail) const;
  void dropLastCodePoint();
  void writeGlyphs(const std::vector<LineGlyph>& glyphs, bool startsLine);
  void writeRun(const std::vector<LineGlyph>& glyphs, size_t begin, size_t end, uint8_t flags);

  const std::vector<Word>* words_ = nullptr;
  const Frame* frame_ = nullptr;
  std::unordered_set<std::string> vocabulary_;  // the page's unbroken words, in lower case
  std::unordered_set<std::string> spellings_;   // and as they are written
  PageText page_;
};

}  // namespace lectern::helper::pdf
