// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::helper {

/// The most bytes that are read as one text: decoded, and copied into blocks, they must fit into
/// the helper's memory several times.
constexpr int64_t kMaxTextBytes = int64_t{128} << 20;

struct DecodedText {
  std::string text;                  ///< well-formed UTF-8; every line ends in "\n"
  std::vector<std::string> notices;  ///< what had to be guessed or repaired
};

/// Turns a text file of any encoding into UTF-8. In this order: a byte order mark, UTF-16 without
/// one, valid or nearly valid UTF-8 (ill-formed bytes become U+FFFD), the encoding that the
/// frequencies of the letters suggest.
/// Errors: InputRefused for an empty file and for bytes that are no text, DoesNotFit for more than
/// kMaxTextBytes. `fileName` is for them.
Result<DecodedText> decodeText(std::string_view bytes, std::string_view fileName);

/// Whether the bytes begin like those of a text: false for formats known by their first bytes, for
/// zero bytes (but of UTF-16 and UTF-32), and for many control characters.
bool looksLikeText(std::string_view bytes);

}  // namespace lectern::helper
