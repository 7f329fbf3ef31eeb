// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/characters.h"

#include <unicode/uchar.h>

namespace lectern::text {

bool isLetter(char32_t c) {
  return u_isalpha(static_cast<UChar32>(c)) != 0;
}
bool isDigit(char32_t c) {
  return u_isdigit(static_cast<UChar32>(c)) != 0;
}
bool isLower(char32_t c) {
  return u_islower(static_cast<UChar32>(c)) != 0;
}
bool isUpper(char32_t c) {
  return u_isupper(static_cast<UChar32>(c)) != 0;
}
bool isSpace(char32_t c) {
  return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}
bool isCaseless(char32_t c) {
  return isLetter(c) && !isLower(c) && !isUpper(c);
}
bool isDash(char32_t c) {
  return u_charType(static_cast<UChar32>(c)) == U_DASH_PUNCTUATION;
}
bool isNonSpacingMark(char32_t c) {
  return u_charType(static_cast<UChar32>(c)) == U_NON_SPACING_MARK;
}

bool isTerminator(char32_t c) {
  if (c < 0x80) return c == '.' || c == '!' || c == '?';
  if (c == U'…') return true;
  const int32_t property = u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_SENTENCE_BREAK);
  return property == U_SB_ATERM || property == U_SB_STERM;
}

bool isIdeographicTerminator(char32_t c) {
  return c == U'。' || c == U'！' || c == U'？';
}

bool isQuote(char32_t c) {
  const int8_t category = u_charType(static_cast<UChar32>(c));
  return c == '"' || c == '\'' || category == U_INITIAL_PUNCTUATION ||
         category == U_FINAL_PUNCTUATION;
}

bool isOpening(char32_t c) {
  return u_charType(static_cast<UChar32>(c)) == U_START_PUNCTUATION;
}

bool isCloser(char32_t c) {
  const int8_t category = u_charType(static_cast<UChar32>(c));
  return isQuote(c) || category == U_END_PUNCTUATION || category == U_OTHER_NUMBER || c == '*' ||
         c == U'†';
}

}  // namespace lectern::text
