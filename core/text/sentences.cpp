// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/utf8.h"
#include "core/text/characters.h"
#include "core/text/lexicon.h"
#include "core/text/segmenter.h"
#include "core/unicode/fold.h"
#include "core/unicode/words.h"

#include <algorithm>
#include <string>

namespace lectern::text {

namespace {

// One paragraph as code points, and the questions that the rules ask of it.
class Paragraph {
 public:
  explicit Paragraph(std::string_view text) {
    chars_.reserve(text.size());
    offsets_.reserve(text.size() + 1);
    for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
      const utf8::Decoded decoded = utf8::decode(text, i);
      chars_.push_back(decoded.codePoint);
      offsets_.push_back(i);
      i += decoded.length;
    }
    offsets_.push_back(static_cast<int64_t>(text.size()));
  }

  std::vector<TextSpan> sentences() {
    std::vector<TextSpan> result;
    size_t begin = skipSpaces(0);
    size_t firstLetter = firstLetterFrom(begin);
    for (size_t i = begin; i < size();) {
      if (!isTerminator(chars_[i])) {
        ++i;
        continue;
      }
      const size_t stop = terminatorsEnd(i);
      const size_t end = closersEnd(stop);
      if (firstLetter < i && endsSentence(begin, i, stop, end)) {
        result.push_back({offsets_[begin], offsets_[end]});
        begin = skipSpaces(end);
        firstLetter = firstLetterFrom(begin);
        i = begin;
      } else {
        i = std::max(stop, i + 1);
      }
    }
    size_t end = size();
    while (end > begin && isSpace(chars_[end - 1])) --end;
    if (end > begin) result.push_back({offsets_[begin], offsets_[end]});
    return result;
  }

 private:
  [[nodiscard]] size_t size() const { return chars_.size(); }
  [[nodiscard]] char32_t at(size_t i) const { return i < size() ? chars_[i] : 0; }

  [[nodiscard]] size_t skipSpaces(size_t i) const {
    while (i < size() && isSpace(chars_[i])) ++i;
    return i;
  }

  [[nodiscard]] size_t firstLetterFrom(size_t i) const {
    while (i < size() && !isLetter(chars_[i]) && !isDigit(chars_[i])) ++i;
    return i;
  }

  // "?!", "...", and the spaced ". . .".
  [[nodiscard]] size_t terminatorsEnd(size_t i) const {
    while (i < size() && isTerminator(chars_[i])) {
      ++i;
      if (isSpace(at(i)) && at(i + 1) == '.' && (isSpace(at(i + 2)) || at(i + 2) == 0)) ++i;
    }
    return i;
  }

  // The end of "[12]" or "[3, 7–9]" that starts at `i`, or `i`.
  [[nodiscard]] size_t citationEnd(size_t i) const {
    if (at(i) != '[') return i;
    size_t end = i + 1;
    while (isDigit(at(end)) || at(end) == ',' || at(end) == ' ' || at(end) == '-' ||
           at(end) == U'–') {
      ++end;
    }
    return at(end) == ']' && isDigit(at(i + 1)) ? end + 1 : i;
  }

  // Past closing marks and citations, also those behind a space: ". [12]" and French "! »".
  [[nodiscard]] size_t closersEnd(size_t i) const {
    for (;;) {
      const size_t next = isSpace(at(i)) ? i + 1 : i;
      const size_t cited = citationEnd(next);
      const bool farQuote = next > i && at(next) == U'»' && !isLetter(at(next + 1));
      if (cited > next && !isLetter(at(cited))) {
        i = cited;
      } else if (farQuote || (next == i && i < size() && isCloser(chars_[i]))) {
        i = next + 1;
      } else {
        return i;
      }
    }
  }

  [[nodiscard]] std::string utf8Of(size_t begin, size_t end) const {
    std::string result;
    for (size_t i = begin; i < end; ++i) utf8::append(result, chars_[i]);
    return result;
  }

  // Where the word that ends at `end` starts. Dots and hyphens inside belong to it.
  [[nodiscard]] size_t wordBegin(size_t end) const {
    size_t begin = end;
    while (begin > 0) {
      const char32_t c = chars_[begin - 1];
      const bool inHebrewWord = begin >= 2 && isCaseless(chars_[begin - 2]);  // ש"ח
      if (c == '"' && begin < end && inHebrewWord) {
        --begin;
        continue;
      }
      if (isSpace(c) || isOpening(c) || isQuote(c) || c == U'’' || c == '/' || c == U'—' ||
          c == U'–' || c == U'¿' || c == U'¡' || c == ',') {
        break;
      }
      --begin;
    }
    return begin;
  }

  // The word before the one that starts at `begin`, folded; empty where there is none.
  [[nodiscard]] std::string wordBefore(size_t begin) const {
    size_t end = begin;
    while (end > 0 && isSpace(chars_[end - 1])) --end;
    return end == begin ? std::string() : unicode::fold(utf8Of(wordBegin(end), end));
  }

  [[nodiscard]] std::string wordAt(size_t begin) const {
    size_t end = begin;
    while (isLetter(at(end)) || isNonSpacingMark(at(end))) {
      ++end;
    }
    return unicode::fold(utf8Of(begin, end));
  }

  // The first letter or digit after the boundary, past a few marks that may open a sentence.
  [[nodiscard]] size_t nextWord(size_t i) const {
    constexpr int kMostMarks = 5;
    for (int marks = 0; i < size() && marks < kMostMarks; ++i) {
      if (isLetter(chars_[i]) || isDigit(chars_[i])) return i;
      if (!isSpace(chars_[i])) ++marks;
    }
    return size();
  }

  [[nodiscard]] bool isNumber(size_t begin, size_t end) const {
    return begin < end && std::all_of(chars_.begin() + static_cast<ptrdiff_t>(begin),
                                      chars_.begin() + static_cast<ptrdiff_t>(end), isDigit);
  }

  [[nodiscard]] bool isRoman(size_t begin, size_t end) const {
    constexpr size_t kLongest = 7;  // XXXVIII
    if (begin >= end || end - begin > kLongest) return false;
    for (size_t i = begin; i < end; ++i) {
      if (std::u32string_view(U"IVXLC").find(chars_[i]) == std::u32string_view::npos) return false;
    }
    return true;
  }

  [[nodiscard]] bool startsWithFunctionWord(size_t next) const {
    const std::string word = wordAt(next);
    return unicode::isStopWord(word) || unicode::isNegation(word);
  }

  // `begin` is the sentence's, [dot, stop) its terminators, `end` behind the closing marks.
  [[nodiscard]] bool endsSentence(size_t begin, size_t dot, size_t stop, size_t end) const {
    if (end >= size()) return true;
    if (!isSpace(chars_[end]) && chars_[end] != U'—') return isIdeographicTerminator(at(stop - 1));
    // "(!)", "[...]": a remark inside a sentence.
    if (dot > 0 && isOpening(chars_[dot - 1])) return false;
    const size_t next = nextWord(end);
    if (next >= size()) return true;
    const bool fullStop = stop - dot == 1 && chars_[dot] == '.';
    if (isLower(chars_[next]) && !looksLikeIdentifier(next) && !isDutchArticle(next) &&
        !(fullStop && end == stop && isLongWord(dot))) {
      return false;
    }
    if (isCaseless(chars_[next]) && end > stop && isQuote(chars_[end - 1]) &&
        isVerbOfSaying(wordAt(next))) {
      return false;
    }
    return !fullStop || end > stop || fullStopEndsSentence(begin, dot, next);
  }

  // "'s Avonds", "'t Is": the capital is on the second word.
  [[nodiscard]] bool isDutchArticle(size_t i) const {
    return i > 0 && isQuote(chars_[i - 1]) && isSpace(at(i + 1)) && isUpper(at(i + 2));
  }

  // "iPhone", "foo_bar" and "printf()" keep their small letter where a sentence starts.
  [[nodiscard]] bool looksLikeIdentifier(size_t i) const {
    for (size_t start = i; i < size() && !isSpace(chars_[i]); ++i) {
      if (chars_[i] == '_' || (chars_[i] == '(' && i > start) || isUpper(chars_[i])) return true;
    }
    return false;
  }

  // A word that nobody would write as an abbreviation. Behind it a small letter is the name of a
  // program or a file ("... is removed. dpkg then"): 26 of 26 in eight real manuals.
  [[nodiscard]] bool isLongWord(size_t end) const {
    constexpr size_t kShortest = 6;
    const size_t begin = wordBegin(end);
    const bool known = abbreviationBefore(begin, end) != Abbreviation::None;
    const bool street =
        std::u32string_view(chars_).substr(0, end).ends_with(U"str");  // "Hauptstr."
    return !known && !street && end - begin >= kShortest &&
           std::all_of(chars_.begin() + static_cast<ptrdiff_t>(begin) + 1,
                       chars_.begin() + static_cast<ptrdiff_t>(end), isLower);
  }

  [[nodiscard]] bool fullStopEndsSentence(size_t begin, size_t dot, size_t next) const {
    const size_t word = wordBegin(dot);
    if (isEnumerator(begin, word, dot)) return false;
    const bool letter = dot - word == 1 && isLetter(chars_[word]);
    const bool number = isNumber(word, dot) || (isRoman(word, dot) && !letter);
    if (number) return !isOrdinal(word, dot, next);
    switch (abbreviationBefore(word, dot)) {
      case Abbreviation::Never:
        return false;
      case Abbreviation::Number:
        if (isDigit(chars_[next]) || isNumberLetter(next)) return false;
        break;
      case Abbreviation::Closing:
        return !isDigit(chars_[next]);
      case Abbreviation::Maybe:
        return isUpper(chars_[next]) && startsWithFunctionWord(next);
      case Abbreviation::None:
        break;
    }
    if (letter) return singleLetterEndsSentence(word, next);
    if (looksShortened(word, dot)) return isUpper(chars_[next]) && startsWithFunctionWord(next);
    return true;
  }

  // "1.", "1.2.", "IV.", "a." or "Chapter 6." alone at a sentence's start numbers what follows.
  [[nodiscard]] bool isEnumerator(size_t begin, size_t word, size_t dot) const {
    constexpr size_t kLongest = 8;
    if (dot - word > kLongest) return false;
    const bool alone = nextWord(begin) == word && word - begin <= 1;
    const bool behindNoun = !alone && word > begin && isSpace(chars_[word - 1]) &&
                            wordBegin(word - 1) == begin && isNumberedNoun(wordBefore(word));
    if (!alone && !behindNoun) return false;
    if (dot - word == 1 || isRoman(word, dot)) return true;
    size_t digits = 0;  // in a row
    for (size_t i = word; i < dot; ++i) {
      if (!isDigit(chars_[i]) && chars_[i] != '.') return false;
      digits = isDigit(chars_[i]) ? digits + 1 : 0;
      if (digits > 3) return false;
    }
    return true;
  }

  // German "am 3. Mai", "im XIX. Jahrhundert", and dates: "12. 5. 2020".
  [[nodiscard]] bool isOrdinal(size_t word, size_t dot, size_t next) const {
    constexpr size_t kMostDigits = 3;
    if (dot - word > kMostDigits && !isRoman(word, dot)) return false;
    if (isDigit(chars_[next])) {
      size_t end = next;
      while (isDigit(at(end))) ++end;
      const bool dayAndMonth = at(end) == '.' && end - next <= 2;
      const bool year = end - next == 4 && word >= 2 && at(word - 2) == '.';
      return dayAndMonth || year;
    }
    return isUpper(chars_[next]) && leadsToOrdinal(wordBefore(word)) &&
           !startsWithFunctionWord(next);
  }

  // "Art. IV", "Abb. A": a capital alone, or a Roman number, counts as a number.
  [[nodiscard]] bool isNumberLetter(size_t next) const {
    size_t end = next;
    while (isLetter(at(end))) ++end;
    return isRoman(next, end) || (end - next == 1 && isUpper(chars_[next]) && chars_[next] != 'A');
  }

  // Looks up the word before the stop, and with it up to three shortened words that stand before it
  // with spaces between: "z. B.", "d. w. z.", "p. ej.".
  [[nodiscard]] Abbreviation abbreviationBefore(size_t word, size_t dot) const {
    constexpr size_t kLongest = 12;
    if (dot - word > kLongest) return Abbreviation::None;
    std::string chain = utf8Of(word, dot);
    Abbreviation found = abbreviation(chain);
    for (int i = 0; i < 3; ++i) {
      if (word < 3 || !isSpace(chars_[word - 1]) || chars_[word - 2] != '.') break;
      const size_t end = word - 2;
      word = wordBegin(end);
      if (word == end || end - word > 4) break;
      chain.insert(0, utf8Of(word, end) + ".");
      const Abbreviation longer = abbreviation(chain);
      if (longer != Abbreviation::None) found = longer;
    }
    return found;
  }

  // An initial ("J. R. Smith", "א. ב. יהושע"), the start of a spaced abbreviation ("z. B."), or the
  // last word of a sentence ("vitamin C. The next").
  [[nodiscard]] bool singleLetterEndsSentence(size_t word, size_t next) const {
    if (isNumberedNoun(wordBefore(word))) return true;
    if (isCaseless(chars_[word])) return false;
    size_t end = next;
    while (isLetter(at(end))) ++end;
    if (at(end) == '.' && end - next <= 3) return false;
    if (isLower(chars_[word]) && isNumberBefore(word)) return true;         // "12 m."
    if (isDigit(chars_[next])) return word < 2 || chars_[word - 2] != '.';  // "art. L. 121"
    return startsWithFunctionWord(next);
  }

  // Letters with dots between ("U.S", "ת.ז"), or a short word without a vowel ("Bd", "Hrsg").
  [[nodiscard]] bool looksShortened(size_t word, size_t dot) const {
    size_t letters = 0;
    size_t longest = 0;
    bool vowel = false;
    bool small = false;
    bool dots = false;
    for (size_t i = word; i < dot; ++i) {
      const char32_t c = chars_[i];
      if (c == '.' || (c == '-' && dots)) {
        dots = true;
        letters = 0;
        continue;
      }
      if (!isLetter(c)) return false;
      longest = std::max(longest, ++letters);
      small = small || isLower(c);
      const std::string folded = unicode::fold(utf8Of(i, i + 1));
      vowel = vowel || folded.find_first_of("aeiouy") != std::string::npos;
    }
    if (dots) return longest <= 3;
    const bool unit = isNumberBefore(word);  // "5 km."
    return small && !vowel && longest <= 5 && !unit;
  }

  [[nodiscard]] bool isNumberBefore(size_t word) const {
    return word >= 2 && isSpace(chars_[word - 1]) && isDigit(chars_[word - 2]);
  }

  std::u32string chars_;
  std::vector<int64_t> offsets_;
};

}  // namespace

// A paragraph takes twelve bytes of memory a character while it is cut. A text of megabytes without
// a break goes through windows; what the last sentence of one is, the next one tells.
std::vector<TextSpan> sentences(std::string_view paragraph) {
  constexpr int64_t kWindowBytes = 65536;
  const auto size = static_cast<int64_t>(paragraph.size());
  std::vector<TextSpan> result;
  for (int64_t begin = 0; begin < size;) {
    int64_t end = std::min(begin + kWindowBytes, size);
    while (!utf8::isBoundary(paragraph, end)) --end;
    const std::string_view window =
        paragraph.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
    std::vector<TextSpan> spans = Paragraph(window).sentences();
    const bool again = end < size && spans.size() > 1;
    const int64_t next = again ? begin + spans.back().begin : end;
    if (again) spans.pop_back();
    for (const TextSpan span : spans) result.push_back(span.shifted(begin));
    begin = next;
  }
  return result;
}

}  // namespace lectern::text
