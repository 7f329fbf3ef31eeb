// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/document/document_info.h"

#include <string>
#include <string_view>
#include <vector>

namespace lectern::helper::pdf {

/// What Poppler's C++ interface does not tell of a document.
struct PdfStructure {
  bool damaged = false;        ///< its cross-references had to be reconstructed
  bool hasPageLabels = false;  ///< Poppler numbers the pages where it has none
  /// With targets. At most 100,000 entries, fifty levels deep; a loop ends where it closes.
  std::vector<OutlineItem> outline;
};

/// Reads what it can; an outline that cannot be read is empty.
PdfStructure readStructure(std::string_view bytes, const std::string& password);

/// The file written anew, with what could be saved of it, and without its encryption.
/// Errors: InputRefused, with qpdf's reason; PasswordNeeded.
Result<std::string> repairedFile(std::string_view bytes, const std::vector<std::string>& passwords);

}  // namespace lectern::helper::pdf
