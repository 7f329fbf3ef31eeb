// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/document/rect.h"
#include "core/document/text_span.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// A stretch of text on one line, in one direction, with a known place for every code point:
/// usually a word. Spaces between words, and what the extractor added, belong to no run.
struct GlyphRun {
  enum Flag : uint8_t {
    StartsLine = 1,  ///< first run of its line; the lines of two columns are different lines
    Vertical = 2,    ///< the text advances along the page's height: `edges` are vertical
    Invisible = 4,   ///< drawn, but not to be seen (render mode 3, or the page's own colour)
  };

  TextSpan span;  ///< in the page's text
  uint8_t flags = 0;
  Rect box;
  /// Where each code point starts along the line, and one more for where the last ends: code points
  /// + 1 values, rising, or falling where the text runs right to left (or upwards). In the unit of
  /// `Rect`, within `box`.
  std::vector<uint16_t> edges;

  friend bool operator==(const GlyphRun&, const GlyphRun&) = default;
};

/// The rectangles that cover the glyphs of `span` (in the page's text) and no others: one a line,
/// more only where the range is not one piece on that line (mixed directions). `runs` are ordered
/// by span. Empty when the range holds no glyph.
std::vector<Rect> rectsOf(const std::vector<GlyphRun>& runs,
                          std::string_view pageText,
                          TextSpan span);

/// The stored form: version byte 1, varint count, then per run: varint gap since the last run's
/// end, varint length, flags, four u16 of the box, varint number of edges, the edges as zigzag
/// differences, the first from the box's left (top, if vertical).
std::string encodeRuns(const std::vector<GlyphRun>& runs);
/// Errors: InputRefused for bytes that are not such runs, or whose spans leave a text of
/// `textBytes` bytes.
Result<std::vector<GlyphRun>> decodeRuns(std::string_view bytes, int64_t textBytes);

}  // namespace lectern
