// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/block.h"
#include "core/document/text_span.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::helper {

/// A block of a document that has text but no pages of its own.
struct FlowBlock {
  BlockKind kind = BlockKind::Paragraph;
  uint8_t level = 0;   ///< of a heading
  uint8_t indent = 0;  ///< steps from the margin: the depth of a list
  TextSpan span;       ///< in the document's text; never empty, no white space at its ends
};

/// The text of a document in reading order, to be laid out on pages.
class FlowDocument {
 public:
  /// Adds a block, without what page.h keeps out of texts: controls, white space at the ends. Line
  /// feeds and tabs stay where the kind has a meaning for them (lines of code, cells of a row) and
  /// become spaces elsewhere. A block that is then empty is left out.
  void add(BlockKind kind, int level, int indent, std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<FlowBlock>& blocks() const { return blocks_; }
  [[nodiscard]] std::string_view textOf(TextSpan span) const {
    return std::string_view(text_).substr(static_cast<size_t>(span.begin),
                                          static_cast<size_t>(span.length()));
  }

 private:
  std::string text_;
  std::vector<FlowBlock> blocks_;
};

}  // namespace lectern::helper
