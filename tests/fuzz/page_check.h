// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/check.h"
#include "ingest/helper/document_reader.h"
#include "ingest/protocol.h"

#include <algorithm>

namespace lectern::fuzz {

/// Whatever a reader makes of any bytes must be pages that the program accepts. Looks at the first
/// few pages and the last.
inline void checkReader(helper::DocumentReader& reader) {
  constexpr int kFirstPages = 3;
  const DocumentInfo info = reader.info();
  LECTERN_CHECK(info.pageCount > 0);
  for (int number = 1; number <= info.pageCount; ++number) {
    if (number > kFirstPages && number < info.pageCount) continue;
    const auto page = reader.readPage(number);
    if (!page.has_value()) continue;
    LECTERN_CHECK(page->number == number);
    const auto bytes = static_cast<int64_t>(page->text.size());
    LECTERN_CHECK(protocol::decodePage(protocol::encodePage(*page), bytes).has_value());
    LECTERN_CHECK(std::is_sorted(
        page->runs.begin(), page->runs.end(),
        [](const GlyphRun& a, const GlyphRun& b) { return a.span.begin < b.span.begin; }));
  }
}

}  // namespace lectern::fuzz
