// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/page.h"
#include "core/document/text_span.h"

#include <cstdint>
#include <optional>

namespace lectern::gui {

// Where a pointer and a cursor stand in the text of a page. Offsets are bytes of the page's text,
// on code point boundaries. A caller says how wide and high the page is in points, so that far
// apart means the same along both.

/// What lies under a pointer.
struct TextPoint {
  int64_t cursor = 0;     ///< the boundary between two characters that is nearest
  int64_t character = 0;  ///< the character that is nearest
};

/// The text nearest to a point, given as shares of width and height; none on a page without text.
std::optional<TextPoint> textAt(const Page& page, double x, double y);

/// The word around a character, the run of glyphs where it is no word.
TextSpan wordAt(const Page& page, int64_t character);
/// The line that a character stands on, from its first glyph to its last.
TextSpan lineAt(const Page& page, int64_t character);

/// Whether the text at that cursor runs from right to left.
bool runsRightToLeft(const Page& page, int64_t cursor);

/// The next cursor before or behind one; marks stay with their letter. None past the page.
std::optional<int64_t> nextCharacter(const Page& page, int64_t cursor, bool forward);
/// The next beginning (backward) or end (forward) of a word.
std::optional<int64_t> nextWord(const Page& page, int64_t cursor, bool forward);
/// The cursor a line above or below, as near below the first one as it goes. None past the page.
std::optional<int64_t> nextLine(const Page& page, int64_t cursor, bool down);

}  // namespace lectern::gui
