// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/text_span.h"

#include <string>
#include <string_view>
#include <vector>

namespace lectern::unicode {

/// A word as ICU's word boundaries find it (UAX 29): letters, digits, or ideographs; never
/// punctuation or space. Identifiers keep together: "HISTSIZE", "apt-get", "3.14", "v1.2-rc3",
/// "foo_bar", "user@host" are one word each, and their parts follow them as further words with
/// `part` set.
struct Word {
  TextSpan span;        ///< in the original text
  std::string folded;   ///< see fold.h; never empty
  bool part = false;    ///< a piece of the compound word before it
  bool number = false;  ///< consists of digits and their separators
  bool name =
      false;  ///< capitalised or all capitals, and not merely because a sentence starts there
};

/// The words of well-formed UTF-8, in order. Thread: any; ICU iterators are per thread inside.
std::vector<Word> words(std::string_view text);

/// Forms under which an Arabic or Hebrew word may also be looked for: without its one-letter
/// prefixes (و ف ب ل ك ال; ו ה ב ל כ מ ש), while at least three letters remain. Empty for other
/// scripts.
std::vector<std::string> withoutPrefixes(std::string_view foldedWord);

/// Function words of the nine languages, folded; they carry no content in questions and claims.
bool isStopWord(std::string_view foldedWord);

/// Words that turn or narrow a statement in the nine languages: not, no, never, without, except,
/// only, unless.
bool isNegation(std::string_view foldedWord);

}  // namespace lectern::unicode
