// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/document/citation.h"
#include "core/document/page.h"
#include "core/library/library.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <ostream>

namespace lectern::cli {

using Json = nlohmann::ordered_json;

/// Writes the value and a line end. Bytes that are not UTF-8 (of a file's name) become U+FFFD.
void writeJson(std::ostream& out, const Json& value);

/// {left, top, right, bottom} as fractions of the page's width and height.
Json rectJson(const Rect& rect);

/// A page's number, label and state.
Json pageStateJson(const Page& page);

/// A document as `list` shows it.
Json documentJson(const RevisionInfo& info);

/// A citation with its place and words; `id` is null where it is not stored.
Result<Json> citationJson(Library& library, const Citation& citation, std::optional<CitationId> id);

}  // namespace lectern::cli
