// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/furniture.h"

#include "core/text/lexicon.h"
#include "core/unicode/fold.h"
#include "core/unicode/words.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace lectern::text {

namespace {

bool isWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (static_cast<uint8_t>(c) & 0x80) != 0;
}

bool isDigits(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Takes as many of "m", "cm", "d", … from the front as a Roman number may have there.
void takeRoman(std::string_view& word, char one, char five, char ten) {
  const auto starts = [&](char a, char b) {
    return word.size() >= 2 && word[0] == a && word[1] == b;
  };
  if (starts(one, ten) || starts(one, five)) {
    word.remove_prefix(2);
    return;
  }
  if (!word.empty() && word[0] == five) word.remove_prefix(1);
  for (int i = 0; i < 3 && !word.empty() && word[0] == one; ++i) word.remove_prefix(1);
}

bool isRoman(std::string_view word) {
  if (word.empty()) return false;
  takeRoman(word, 'm', '\0', '\0');
  takeRoman(word, 'c', 'd', 'm');
  takeRoman(word, 'x', 'l', 'c');
  takeRoman(word, 'i', 'v', 'x');
  return word.empty();
}

// Calls each(word, true) for words and numbers of folded text and each(rest, false) for what stands
// between.
template <class Each>
void splitWords(std::string_view folded, const Each& each) {
  for (size_t begin = 0; begin < folded.size();) {
    const bool word = isWordByte(folded[begin]);
    size_t end = begin + 1;
    while (end < folded.size() && isWordByte(folded[end]) == word) ++end;
    each(folded.substr(begin, end - begin), word);
    begin = end;
  }
}

std::string withoutNumbers(std::string_view text) {
  std::string key;
  splitWords(unicode::fold(text), [&key](std::string_view piece, bool word) {
    if (word && (isDigits(piece) || isRoman(piece))) {
      key += '#';
      return;
    }
    for (const char c : piece) {
      const bool digit = c >= '0' && c <= '9';
      if (!digit || key.empty() || key.back() != '#') key += digit ? '#' : c;
    }
  });
  return key;
}

// The numbers that a short title begins and ends with, each once; none of a sentence.
std::vector<int> outerNumbers(std::string_view text) {
  constexpr size_t kLongest = 120;
  constexpr std::string_view kSentenceEnds = ".!?:;,";
  std::vector<int> numbers;
  if (text.empty() || text.size() > kLongest ||
      kSentenceEnds.find(text.back()) != std::string_view::npos)
    return numbers;
  const auto take = [&numbers](std::string_view word) {
    int number = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (problem != std::errc() || end != word.data() + word.size()) return;
    if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) {
      numbers.push_back(number);
    }
  };
  constexpr std::string_view kSpace = " \t\n";
  take(text.substr(0, text.find_first_of(kSpace)));
  take(text.substr(text.find_last_of(kSpace) + 1));
  return numbers;
}

}  // namespace

void Furniture::add(std::string_view text, uint16_t top, int page) {
  places_[withoutNumbers(text)].push_back({top, page});
}

bool Furniture::contains(std::string_view text, uint16_t top) const {
  const auto places = places_.find(withoutNumbers(text));
  if (places == places_.end()) return false;
  int pages = 0;
  int lastPage = -1;
  for (const Place& place : places->second) {
    if (std::abs(place.top - top) > kTolerance || place.page == lastPage) continue;
    lastPage = place.page;
    if (++pages == kFewestPages) return true;
  }
  return false;
}

void NumberedTitles::add(std::string_view text, int page) {
  for (const int number : outerNumbers(text)) ++pagesByDifference_[number - page];
}

bool NumberedTitles::contains(std::string_view text, int page, int pages) const {
  constexpr int kLeastShare = 4;  // chapters begin without, and front matter has Roman numbers
  const std::vector<int> numbers = outerNumbers(text);
  return std::any_of(numbers.begin(), numbers.end(), [&](int number) {
    const auto found = pagesByDifference_.find(number - page);
    return found != pagesByDifference_.end() && found->second >= Furniture::kFewestPages &&
           found->second * kLeastShare >= pages;
  });
}

void RunningTitles::add(std::string_view heading) {
  for (unicode::Word& word : unicode::words(heading)) words_.insert(std::move(word.folded));
}

bool RunningTitles::cover(std::string_view text) const {
  bool any = false;
  for (const unicode::Word& word : unicode::words(text)) {
    const bool known = words_.find(word.folded) != words_.end();
    any = any || known;
    if (!known && !word.part && !word.number && !isRoman(word.folded) &&
        !isNumberedNoun(word.folded)) {
      return false;
    }
  }
  return any;
}

bool isBarePageNumber(std::string_view text) {
  constexpr size_t kLongest = 24;
  if (text.size() > kLongest) return false;
  int numbers = 0;
  bool other = false;
  splitWords(unicode::fold(text), [&](std::string_view piece, bool word) {
    if (!word) return;
    const bool number = isDigits(piece) || isRoman(piece);
    numbers += number ? 1 : 0;
    other = other || !number;
  });
  return !other && (numbers == 1 || numbers == 2);
}

}  // namespace lectern::text
