// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/unicode/words.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// How much a folded word counts: the rarer in the texts searched, the more.
using WordWeight = std::function<double(std::string_view foldedWord)>;

/// ln(1 + (S - n + 0.5) / (n + 0.5)) for a word that stands in n of S segments (Robertson's IDF as
/// FTS5 has it, never negative).
double inverseFrequency(int64_t segments, int64_t segmentsWithWord);

/// A word of a claim or a question that says something: no function word.
struct ContentWord {
  std::string folded;
  std::string shown;  ///< as it was written, for the reader
  /// Of a hyphenated word that is no identifier: where the whole is not found, all its pieces
  /// will do.
  std::vector<std::string> pieces;
  double weight = 0;  ///< inverse frequency; twice of a number
  /// Must stand in a source as it is, because a small difference changes what is said: numbers,
  /// number words, dates, units, code identifiers, names.
  bool guarded = false;
  bool number = false;
  bool name = false;
  bool identifier = false;  ///< "foo_bar", "v1.2", "user@host"
};

/// The content words of a text, each once, in order. In German, where every noun has a capital,
/// only capitals inside a word make a name.
std::vector<ContentWord> contentWords(std::string_view text,
                                      const std::vector<unicode::Word>& words,
                                      const WordWeight& weight);

/// For each wanted word, the indices in `found` where it stands; empty where it does not. A word
/// stands for another that differs only in its ending ("policy", "policies") or, in Arabic and
/// Hebrew, in its one-letter prefixes; a name for itself and its plural or genitive ("Nora" for
/// "Noras", not for "Norah"); numbers and identifiers must be the same.
std::vector<std::vector<int>> occurrences(const std::vector<ContentWord>& wanted,
                                          const std::vector<unicode::Word>& found);

/// Whether any word turns or narrows the statement ("not", "only").
bool hasNegation(const std::vector<unicode::Word>& words);

}  // namespace lectern
