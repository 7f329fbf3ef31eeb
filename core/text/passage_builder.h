// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/segment.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::text {

/// Groups segments into passages of six to ten sentences, about 200 tokens (800 bytes), never
/// across a heading; furniture is left out. `textOf` gives a segment's text. Headers need no model:
/// "title › heading › heading › first sentence of the section", each part cut at 120 bytes on a
/// word boundary (citations.md 3, point 3).
std::vector<Passage> buildPassages(const std::vector<Segment>& segments,
                                   std::string_view title,
                                   const std::function<std::string(TextSpan)>& textOf);

}  // namespace lectern::text
