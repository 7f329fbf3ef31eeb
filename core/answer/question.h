// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/content_words.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// What a question asks for, as its question word tells in the nine languages.
enum class Asked : uint8_t { Anything, Time, Person, Quantity };

/// A question taken apart for search.
struct Question {
  std::vector<ContentWord> words;    ///< without question words; weights as given
  std::vector<std::string> phrases;  ///< in quotation marks: folded, must stand as they are
  /// What to look for: the phrases, the words and their pieces.
  std::vector<std::string> searchWords;
  Asked asked = Asked::Anything;
  bool negated = false;

  /// Nothing is left but function words: there is nothing to look for.
  [[nodiscard]] bool isEmpty() const { return words.empty() && phrases.empty(); }
};

/// `text` is well-formed UTF-8.
Question analyzeQuestion(std::string_view text, const WordWeight& weight);

/// What to look for where a sentence only begins to answer: the words it has and the question has
/// not. "Who heads the company where Ann works?" and "Ann works for Sesken." make "Sesken". May be
/// empty.
Question followUp(std::string_view question, std::string_view sentence, const WordWeight& weight);

}  // namespace lectern
