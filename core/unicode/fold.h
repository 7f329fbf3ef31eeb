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
/// NFKC and full case folding (Unicode TR15, TR21); besides: accents, Arabic marks and tatweel,
/// Hebrew points and cantillation, soft hyphens, zero-width and bidi controls go; alef forms become
/// bare alef, alef maqsura becomes ya, ta marbuta becomes ha, Persian kaf and ya their Arabic
/// twins; dashes become "-", quotation marks and apostrophes their ASCII forms; a run of white
/// space becomes one space. Digits of every script become ASCII, and so do Arabic number signs.
/// Hebrew final letters stay, and so do the marks of scripts in which a mark is a letter (Indic,
/// Thai, kana).
///
/// Accents go because a file can hold "é" in three ways and a person may type "e": all four fold
/// alike. Every code point folds by itself, so fold(a + b) = fold(a) + fold(b) but for a run of
/// white space where they meet.
struct Folded {
  std::string text;
  /// For each byte of `text` the byte of the original where its source starts; and one more, the
  /// original's size.
  std::vector<int64_t> origin;

  /// The original bytes that a range of the folded text came from: the whole source of every code
  /// point that the range touches, and the marks behind it.
  [[nodiscard]] TextSpan originalSpan(TextSpan folded) const;
};

/// `text` is well-formed UTF-8.
Folded foldWithOrigin(std::string_view text);
std::string fold(std::string_view text);

}  // namespace lectern::unicode
