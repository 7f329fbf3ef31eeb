// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/flow/flow_document.h"

#include "core/base/utf8.h"
#include "ingest/protocol.h"

#include <algorithm>

namespace lectern::helper {

namespace {

constexpr int kMaxIndent = 8;
constexpr std::string_view kSpaces = " \n\t";

}  // namespace

void FlowDocument::add(BlockKind kind, int level, int indent, std::string_view text) {
  const auto begin = static_cast<int64_t>(text_.size());
  const bool keepsLines = kind == BlockKind::Code;
  const bool keepsTabs = keepsLines || kind == BlockKind::TableRow;
  for (int64_t at = 0; at < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, at);
    const bool toSpace =
        (decoded.codePoint == '\n' && !keepsLines) || (decoded.codePoint == '\t' && !keepsTabs);
    if (toSpace) {
      text_.push_back(' ');
    } else if (!protocol::isForbidden(decoded.codePoint)) {
      utf8::append(text_, decoded.codePoint);
    }
    at += decoded.length;
  }
  // Code keeps the indentation of its first line; a row keeps the tabs of its empty cells.
  const std::string_view added = std::string_view(text_).substr(static_cast<size_t>(begin));
  const size_t last = added.find_last_not_of(kSpaces);
  if (last == std::string_view::npos) {
    text_.resize(static_cast<size_t>(begin));
    return;
  }
  const size_t first = keepsTabs ? 0 : added.find_first_not_of(kSpaces);
  const TextSpan span{begin + static_cast<int64_t>(first), begin + static_cast<int64_t>(last) + 1};
  text_.resize(static_cast<size_t>(span.end));
  blocks_.push_back({kind, static_cast<uint8_t>(std::clamp(level, 0, 255)),
                     static_cast<uint8_t>(std::clamp(indent, 0, kMaxIndent)), span});
}

}  // namespace lectern::helper
