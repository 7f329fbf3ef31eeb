// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/rect.h"
#include "ingest/page_image.h"

#include <vector>

namespace lectern {

/// Marks places on a page as a highlighter does: the paper under them becomes yellow, the ink
/// stays, and an outline around each tells the places apart where colours cannot be seen.
void markRectangles(PageImage& image, const std::vector<Rect>& rects);

}  // namespace lectern
