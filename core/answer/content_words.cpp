// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/content_words.h"

#include "core/answer/guarded_words.h"
#include "core/base/utf8.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace lectern {

namespace {

bool hasDigit(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool hasLetter(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
  });
}

// "foo_bar", "etc/fstab", "user@host", "x86", "v1.2": written by and for machines. A hyphen alone
// makes none, and neither do single letters with full stops ("e.g").
bool isIdentifier(std::string_view word, const std::vector<std::string>& pieces) {
  const bool joined = word.find_first_of("_./@:+") != std::string_view::npos;
  if (joined) {
    return !std::all_of(pieces.begin(), pieces.end(),
                        [](const std::string& piece) { return utf8::length(piece) == 1; });
  }
  return word.find('-') == std::string_view::npos && hasDigit(word) && hasLetter(word);
}

bool hasInnerCapital(std::string_view shown) {
  return std::any_of(shown.begin() + 1, shown.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool hasLowerCase(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// "MIA" is no Italian "my", and "IT" no "it", where the rest of the text is not in capitals too.
bool isAcronym(std::string_view shown) {
  return shown.size() > 1 &&
         std::all_of(shown.begin(), shown.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Words that only German has settle it; of those that it shares with others ("der" in a Dutch name,
// Portuguese "das") it takes two.
bool looksGerman(const std::vector<unicode::Word>& words) {
  static const std::unordered_set<std::string_view> kOnlyGerman = {
      "und",    "ist", "sind", "nicht", "ein", "eine", "einer",  "einem",   "einen",   "wird",
      "werden", "auf", "zum",  "zur",   "wer", "wann", "welche", "welcher", "welches", "warum"};
  static const std::unordered_set<std::string_view> kShared = {"der", "die", "das", "den", "dem"};
  int signs = 0;
  for (const unicode::Word& word : words) {
    signs += kOnlyGerman.contains(word.folded) ? 2 : kShared.contains(word.folded) ? 1 : 0;
  }
  return signs >= 2;
}

bool isRightToLeftWord(std::string_view word) {
  const auto lead = static_cast<unsigned char>(word.front());
  return lead >= 0xD6 && lead <= 0xDB;  // U+0580 … U+06FF
}

// What a short word may end in and still be the same: plurals, and English and German verbs.
bool isShortEnding(std::string_view ending, int64_t common) {
  if (ending == "s") return true;
  return common >= 4 && (ending == "n" || ending == "d" || ending == "es" || ending == "en" ||
                         ending == "ed" || ending == "ing");
}

// The longer the common beginning, the longer the endings may be: "policy" and "policies",
// "terminated" and "termination" are one word; "contract" and "contrast", "internet" and
// "internal", "universal" and "university" are not. Short words take only the commonest endings.
bool sameButForEnding(std::string_view a, std::string_view b) {
  constexpr int64_t kMinCommon = 3;
  constexpr int64_t kShort = 4;
  if (a.size() < kMinCommon || b.size() < kMinCommon || a[0] != b[0] || a[1] != b[1]) return false;
  if (hasDigit(a) || hasDigit(b)) return false;
  size_t same = 0;
  while (same < std::min(a.size(), b.size()) && a[same] == b[same]) ++same;
  while (same > 0 && !utf8::isBoundary(a, static_cast<int64_t>(same))) --same;
  const int64_t common = utf8::length(a.substr(0, same));
  if (common < kMinCommon) return false;
  if (common <= kShort) {
    return std::min(a.size(), b.size()) == same &&
           isShortEnding((a.size() > b.size() ? a : b).substr(same), common);
  }
  const int64_t restA = utf8::length(a.substr(same));
  const int64_t restB = utf8::length(b.substr(same));
  const int64_t shorter = common >= 8 ? 2 : 1;
  const int64_t longer = common >= 6 ? 5 : 3;
  return std::min(restA, restB) <= shorter && std::max(restA, restB) <= longer;
}

bool sharePrefixlessForm(std::string_view a, std::string_view b) {
  std::vector<std::string> formsA = unicode::withoutPrefixes(a);
  std::vector<std::string> formsB = unicode::withoutPrefixes(b);
  formsA.emplace_back(a);
  formsB.emplace_back(b);
  return std::any_of(formsA.begin(), formsA.end(), [&](const std::string& form) {
    return std::find(formsB.begin(), formsB.end(), form) != formsB.end();
  });
}

// "Hashu" and "Hashe" would be one word with two endings; they are two towns.
bool sameName(std::string_view a, std::string_view b) {
  const auto [shorter, longer] = std::minmax(
      a, b, [](std::string_view one, std::string_view other) { return one.size() < other.size(); });
  if (!longer.starts_with(shorter) || hasDigit(longer)) return false;
  const std::string_view ending = longer.substr(shorter.size());
  return ending == "s" || ending == "es" || ending == "n" || ending == "en";
}

/// How alike a word must be to what is wanted.
enum class Likeness : uint8_t { Same, Name, Ending };

Likeness likenessOf(const ContentWord& word) {
  if (word.number || word.identifier) return Likeness::Same;
  return word.name ? Likeness::Name : Likeness::Ending;
}

bool standsFor(std::string_view wanted, std::string_view found, Likeness likeness) {
  if (wanted == found) return true;
  if (likeness == Likeness::Same) return false;
  if (isRightToLeftWord(wanted) && isRightToLeftWord(found)) {
    return sharePrefixlessForm(wanted, found);
  }
  return likeness == Likeness::Name ? sameName(wanted, found) : sameButForEnding(wanted, found);
}

std::vector<int> positionsOf(std::string_view wanted,
                             const std::vector<unicode::Word>& found,
                             Likeness likeness) {
  std::vector<int> positions;
  for (size_t i = 0; i < found.size(); ++i) {
    if (standsFor(wanted, found[i].folded, likeness)) positions.push_back(static_cast<int>(i));
  }
  return positions;
}

}  // namespace

double inverseFrequency(int64_t segments, int64_t segmentsWithWord) {
  const auto with = static_cast<double>(segmentsWithWord);
  const auto without = static_cast<double>(std::max<int64_t>(segments - segmentsWithWord, 0));
  return std::log(1 + (without + 0.5) / (with + 0.5));
}

std::vector<ContentWord> contentWords(std::string_view text,
                                      const std::vector<unicode::Word>& words,
                                      const WordWeight& weight) {
  const bool german = looksGerman(words);
  const bool mixedCase = hasLowerCase(text);
  std::vector<ContentWord> content;
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].part) continue;
    size_t end = i + 1;
    while (end < words.size() && words[end].part) ++end;
    // "l'eau" and "Debian's" have one part that is a word: it stands for the whole.
    const bool onePart = end == i + 2 && !isIdentifier(words[i].folded, {words[i + 1].folded});
    const unicode::Word& word = onePart ? words[i + 1] : words[i];
    const std::string_view shown =
        text.substr(static_cast<size_t>(word.span.begin), static_cast<size_t>(word.span.length()));
    const bool acronym = mixedCase && isAcronym(shown);
    if (unicode::isNegation(word.folded)) continue;
    if (unicode::isStopWord(word.folded) && !acronym) continue;
    if (!seen.insert(word.folded).second) continue;

    ContentWord wanted;
    wanted.folded = word.folded;
    wanted.shown = shown;
    for (size_t p = i + 1; p < end && !onePart; ++p) wanted.pieces.push_back(words[p].folded);
    wanted.identifier = isIdentifier(wanted.folded, wanted.pieces);
    if (wanted.identifier) wanted.pieces.clear();
    wanted.number = word.number;
    wanted.name = acronym || (word.name && (!german || hasInnerCapital(shown)));
    wanted.guarded = wanted.name || wanted.identifier || hasDigit(wanted.folded) ||
                     isQuantityWord(wanted.folded) || isTimeWord(wanted.folded);
    wanted.weight = weight(word.folded) * (word.number ? 2 : 1);
    content.push_back(std::move(wanted));
  }
  return content;
}

std::vector<std::vector<int>> occurrences(const std::vector<ContentWord>& wanted,
                                          const std::vector<unicode::Word>& found) {
  std::vector<std::vector<int>> result;
  result.reserve(wanted.size());
  for (const ContentWord& word : wanted) {
    std::vector<int> positions = positionsOf(word.folded, found, likenessOf(word));
    if (positions.empty() && !word.pieces.empty()) {
      for (const std::string& piece : word.pieces) {
        const std::vector<int> ofPiece =
            positionsOf(piece, found, word.name ? Likeness::Name : Likeness::Ending);
        if (ofPiece.empty()) {
          positions.clear();
          break;
        }
        positions.push_back(ofPiece.front());
      }
    }
    result.push_back(std::move(positions));
  }
  return result;
}

bool hasNegation(const std::vector<unicode::Word>& words) {
  return std::any_of(words.begin(), words.end(),
                     [](const unicode::Word& word) { return unicode::isNegation(word.folded); });
}

}  // namespace lectern
