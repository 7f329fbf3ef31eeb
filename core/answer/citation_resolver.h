// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/citation.h"
#include "core/library/library.h"

#include <string>

namespace lectern {

/// Makes a provable citation of a span: cuts the words, sums them, finds page and rectangles. The
/// span is trimmed of white space; it must lie in one page and, where the page has glyph runs, hold
/// at least one glyph that is to be seen. Prefix and suffix are those of the page. Errors: NotFound
/// when it does not. Thread: that of `library`.
Result<Citation> makeCitation(Library& library,
                              RevisionId revision,
                              TextSpan span,
                              CitationMethod method);

/// Recomputes a stored citation from the database alone: range, boundaries, hash, quotation, page,
/// rectangles. Returns an empty string if all agree, and otherwise the sentence that says what does
/// not.
Result<std::string> verifyCitation(Library& library, const StoredCitation& stored);

}  // namespace lectern
