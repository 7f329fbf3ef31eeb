// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/glyph_runs.h"

#include <pango/pango.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace lectern::helper {

/// From a layout's units to the page: scale, then move.
struct Placement {
  double scale = 1;
  double leftPt = 0;
  double topPt = 0;
};

/// Appends the glyph runs of a layout, a word each, or more where a word changes direction. `text`
/// is the layout's; its first byte is `textBegin` in the page's text.
void collectRuns(PangoLayout* layout,
                 std::string_view text,
                 int64_t textBegin,
                 const Placement& placement,
                 std::vector<GlyphRun>& runs);

}  // namespace lectern::helper
