// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/document/text_span.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// What a stretch of a page's text is, as far as its format or its layout tells.
enum class BlockKind : uint8_t {
  Paragraph,
  Heading,  ///< `level` 1 is the highest; 0 where the layout tells a heading but not its level
  ListItem,
  TableRow,  ///< cells separated by a tab
  Caption,
  Code,
  Margin,  ///< stands where running headers, footers and page numbers stand; the segmenter decides
};

/// Blocks are disjoint, ordered, and cover every non-space byte of the page's text. `span` is in
/// the page's text.
struct Block {
  BlockKind kind = BlockKind::Paragraph;
  uint8_t level = 0;
  TextSpan span;
  friend bool operator==(const Block&, const Block&) = default;
};

/// The stored form: version byte 1, varint count, then per block kind, level, varint gap since the
/// last block's end, varint length.
std::string encodeBlocks(const std::vector<Block>& blocks);
/// Errors: InputRefused for bytes that are not such a list, or whose spans leave a text of
/// `textBytes` bytes.
Result<std::vector<Block>> decodeBlocks(std::string_view bytes, int64_t textBytes);

}  // namespace lectern
