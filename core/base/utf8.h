// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lectern::utf8 {

/// A code point and the bytes it took. Of an ill-formed sequence: U+FFFD and the bytes of its
/// maximal subpart (Unicode 15, section 3.9, "U+FFFD Substitution of Maximal Subparts"), never
/// zero.
struct Decoded {
  char32_t codePoint = 0;
  int length = 0;
  bool valid = true;
};

/// Decodes the code point that starts at `offset`, which lies inside `text`.
Decoded decode(std::string_view text, int64_t offset);

/// Appends the code point's one to four bytes; a surrogate or a value beyond U+10FFFF becomes
/// U+FFFD.
void append(std::string& text, char32_t codePoint);

bool isValid(std::string_view text);

/// The text with each ill-formed sequence replaced by U+FFFD.
std::string repaired(std::string_view text);

/// The text, or as many of its first bytes as are at most `bytes` and end behind a whole code
/// point.
std::string_view beginning(std::string_view text, size_t bytes);

/// True at 0, at the end and wherever a code point starts in well-formed text.
bool isBoundary(std::string_view text, int64_t offset);

/// The number of code points of well-formed text.
int64_t length(std::string_view text);

}  // namespace lectern::utf8
