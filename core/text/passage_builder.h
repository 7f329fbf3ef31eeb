// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/segment.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::text {

/// Groups segments into passages of six to ten sentences, about 200 tokens (800 bytes), never
/// across a heading: a heading, or several in a row, opens the passage that it heads. A section
/// gives its passages about the same length each; short sections give short ones, and long
/// sentences fewer of them, down to three. Furniture neither begins nor ends a passage, but may
/// stand inside.
///
/// `textOf` gives a segment's text. Headers need no model: "title › heading › heading › first
/// sentence of the section", each part cut at 120 bytes on a word boundary (citations.md 3, point
/// 3).
std::vector<Passage> buildPassages(const std::vector<Segment>& segments,
                                   std::string_view title,
                                   const std::function<std::string(TextSpan)>& textOf);

}  // namespace lectern::text
