// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lectern::text {

// What the sentence rules ask of a code point; 0, the end of a text, is none of it.

bool isLetter(char32_t c);
bool isDigit(char32_t c);
bool isLower(char32_t c);
bool isUpper(char32_t c);
/// A letter of a script without capitals.
bool isCaseless(char32_t c);
bool isSpace(char32_t c);
bool isDash(char32_t c);
bool isNonSpacingMark(char32_t c);

/// May end a sentence: UAX 29's classes ATerm and STerm, and the ellipsis, which it leaves out.
bool isTerminator(char32_t c);
/// Ends a sentence without a space behind it.
bool isIdeographicTerminator(char32_t c);

bool isQuote(char32_t c);
/// An opening bracket, or a quotation mark that only opens („).
bool isOpening(char32_t c);
/// May stand between a full stop and the space: closing brackets, quotation marks (in German and
/// Dutch “ closes), marks of footnotes.
bool isCloser(char32_t c);

}  // namespace lectern::text
