// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/text_span.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::unicode {

/// A word as ICU's word boundaries find it (UAX 29): letters, digits, or ideographs; never
/// punctuation or space. Identifiers and compounds keep together: "HISTSIZE", "apt-get", "3.14",
/// "v1.2-rc3", "foo_bar", "user@host", "l'eau", "1995-03-01" are one word each. Where such a word
/// has parts that a reader may look for ("apt", "get", "eau", "1995"), these follow it as further
/// words with `part` set, inside its span; decimals ("3.14") have none. A number grouped by spaces
/// or apostrophes ("1 000", "1'000") is one word, folded without them.
struct Word {
  TextSpan span;        ///< in the original text
  std::string folded;   ///< see fold.h; never empty, without spaces
  bool part = false;    ///< a piece of the compound word before it
  bool number = false;  ///< consists of digits and their separators
  /// Capitalised or all capitals, not merely because a sentence starts there, and no function word.
  /// (In German that is every noun.)
  bool name = false;
};

/// No word is longer than this many bytes: text without boundaries is cut, so that an index never
/// meets a key of a megabyte.
inline constexpr int64_t kMaxWordBytes = 256;

/// The words of well-formed UTF-8, in order. Thread: any; ICU iterators are per thread inside.
std::vector<Word> words(std::string_view text);

/// Forms under which an Arabic or Hebrew word may also be looked for: without its one-letter
/// prefixes (و ف ب ل ك ال; ו ה ב ל כ מ ש), while at least three letters remain. Empty for other
/// scripts.
std::vector<std::string> withoutPrefixes(std::string_view foldedWord);

/// Function words of the nine languages, folded; they carry no content in questions and claims.
/// Words that are a noun or a verb of their own in another of the nine ("war", "car", "van") are
/// not among them: their weight in the index tells how little they say.
bool isStopWord(std::string_view foldedWord);

/// Words that turn or narrow a statement in the nine languages: not, no, never, without, except,
/// only, unless.
bool isNegation(std::string_view foldedWord);

}  // namespace lectern::unicode
