// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/text_span.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::unicode {

/// Text made comparable, and the way back. Both the index and the test "do these words stand there"
/// use it, so that what search finds is what verification accepts.
///
/// NFKC and full case folding (Unicode TR15, TR21); besides: Arabic marks and tatweel, Hebrew
/// points and cantillation, other combining marks, soft hyphens, zero-width and bidi controls go;
/// alef forms become bare alef, alef maqsura becomes ya, ta marbuta becomes ha, Persian kaf and ya
/// their Arabic twins; dashes become "-", quotation marks and apostrophes their ASCII forms; a run
/// of white space becomes one space. Arabic and Persian digits become ASCII. Hebrew final letters
/// stay.
struct Folded {
  std::string text;
  /// For each byte of `text` the byte of the original where its source starts; and one more, the
  /// original's size.
  std::vector<int64_t> origin;

  /// The original bytes that a range of the folded text came from.
  [[nodiscard]] TextSpan originalSpan(TextSpan folded) const {
    return {origin[static_cast<size_t>(folded.begin)], origin[static_cast<size_t>(folded.end)]};
  }
};

/// `text` is well-formed UTF-8.
Folded foldWithOrigin(std::string_view text);
std::string fold(std::string_view text);

}  // namespace lectern::unicode
