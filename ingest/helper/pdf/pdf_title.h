// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace lectern::helper::pdf {

/// One line, without controls, white space at the ends, or more than 500 bytes; well-formed.
std::string cleanTitle(std::string_view title);

/// The title in an XMP packet (ISO 16684-1: dc:title, the first alternative); empty where it has
/// none. Reads what every producer writes, not all of XML.
std::string titleOfXmp(std::string_view packet);

}  // namespace lectern::helper::pdf
