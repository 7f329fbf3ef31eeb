// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lectern::helper::pdf {

/// The byte strings that a typed password may stand for, without repetitions: as typed, prepared
/// with SASLprep (RFC 4013; ISO 32000-2, 7.6.4.3.3, which Poppler 22.12 leaves to its caller), and
/// both in PDFDocEncoding, which files before PDF 2.0 use. Empty for an empty password.
std::vector<std::string> passwordForms(std::string_view typed);

}  // namespace lectern::helper::pdf
