// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "ingest/helper/document_reader.h"

#include <memory>
#include <string_view>

namespace lectern::helper {

/// Chooses the format by the first bytes, then by the name, and opens the document. `bytes` is the
/// whole file and outlives the reader. lectern-extract has one definition, the test helper another.
/// Errors: as document_reader.h says; InputRefused, with what is supported, for any other format.
Result<std::unique_ptr<DocumentReader>> openDocument(std::string_view bytes,
                                                     std::string_view fileName,
                                                     std::string_view password);

}  // namespace lectern::helper
