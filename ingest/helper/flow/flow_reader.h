// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/document_reader.h"
#include "ingest/helper/flow/flow_document.h"

#include <memory>

namespace lectern::helper {

/// Reads a document that has text but no pages: it is given A4 pages in one typeface. `info` lacks
/// only the page count and the outline, which come from the layout.
/// Errors: InputRefused when the document holds no text.
Result<std::unique_ptr<DocumentReader>> openFlow(FlowDocument document,
                                                 DocumentInfo info,
                                                 std::string_view fileName);

}  // namespace lectern::helper
