// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/block.h"
#include "ingest/helper/pdf/logical_line.h"
#include "ingest/helper/pdf/reading_order.h"

#include <cstdint>
#include <vector>

namespace lectern::helper::pdf {

/// A line of a block, or of one table cell, and how it hangs on to what comes before it.
struct DraftLine {
  enum class Join : uint8_t {
    Flow,   ///< a new line of running text: a space, or a word that goes on
    Gap,    ///< the same line, behind a wide gap
    Cell,   ///< the next cell of a table's row
    Break,  ///< a line of code
  };

  Join join = Join::Flow;
  int spaces = 1;  ///< for Gap; for Break the indentation
  std::vector<LineGlyph> glyphs;
};

struct BlockDraft {
  BlockKind kind = BlockKind::Paragraph;
  uint8_t level = 0;
  std::vector<DraftLine> lines;
};

/// Cuts rows into paragraphs, headings, list items, table rows, captions, code and margins, by
/// gaps, indentation, font and first words.
std::vector<BlockDraft> draftBlocks(const std::vector<Word>& words, const ReadingOrder& order);

}  // namespace lectern::helper::pdf
