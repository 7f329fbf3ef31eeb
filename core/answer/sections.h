// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/document_info.h"
#include "core/library/library.h"

#include <string>
#include <vector>

namespace lectern {

/// A section as a range of a revision's segments.
struct Section {
  std::vector<std::string> headingPath;  ///< from the highest; empty before the first heading
  int firstSegment = 0;
  int lastSegment = 0;  ///< included
};

/// Cuts a document into at most `maxSections` sections that cover all of its segments: by its own
/// outline, where that has two entries that lead somewhere; else by its headings; else into even
/// parts of about ten pages. The deepest levels are folded into their parents until the number
/// holds; where the highest alone are too many, neighbours are joined ("first – last"). `segments`
/// are all of the revision's, in order.
std::vector<Section> sectionsOf(const std::vector<OutlineItem>& outline,
                                const std::vector<StoredSegment>& segments,
                                int maxSections);

}  // namespace lectern
