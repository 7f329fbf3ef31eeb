// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/utf8.h"
#include "core/unicode/words.h"

#include <algorithm>
#include <array>

namespace lectern::unicode {

namespace {

constexpr size_t kFewestLetters = 3;

// The order in which prefixes stand, from the outside in: at most one of each group.
constexpr std::array<std::u32string_view, 3> kArabicPrefixes = {U"وف", U"بكل", U"ل"};
constexpr std::array<std::u32string_view, 5> kHebrewPrefixes = {U"ו", U"כמל", U"ש", U"בכלמ", U"ה"};
constexpr std::u32string_view kArabicArticle = U"ال";

std::u32string codePoints(std::string_view text) {
  std::u32string result;
  for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, i);
    result.push_back(decoded.codePoint);
    i += decoded.length;
  }
  return result;
}

// Takes one prefix after the other off and keeps each stage in between.
template <size_t N>
void strip(std::u32string_view word,
           const std::array<std::u32string_view, N>& groups,
           size_t group,
           std::vector<std::u32string>& forms) {
  for (; group < N; ++group) {
    if (word.size() <= kFewestLetters || groups[group].find(word.front()) == std::u32string::npos) {
      continue;
    }
    forms.emplace_back(word.substr(1));
    strip(word.substr(1), groups, group + 1, forms);
  }
}

// The article is cut as one, from the word itself and from every form that shows it.
void stripArticle(std::u32string_view word, std::vector<std::u32string>& forms) {
  const std::vector<std::u32string> stages(forms);
  const auto cutArticle = [&forms](std::u32string_view form) {
    const bool has = form.size() >= kFewestLetters + 2 && form.substr(0, 2) == kArabicArticle;
    if (has) forms.emplace_back(form.substr(2));
  };
  cutArticle(word);
  for (const std::u32string& stage : stages) cutArticle(stage);
}

}  // namespace

std::vector<std::string> withoutPrefixes(std::string_view foldedWord) {
  const std::u32string word = codePoints(foldedWord);
  std::vector<std::u32string> forms;
  if (word.empty()) return {};
  if (word.front() >= U'א' && word.front() <= U'ת') {
    strip(std::u32string_view(word), kHebrewPrefixes, 0, forms);
  } else if (word.front() >= 0x0621 && word.front() <= 0x064A) {
    strip(std::u32string_view(word), kArabicPrefixes, 0, forms);
    stripArticle(word, forms);
  }
  std::sort(forms.begin(), forms.end(), [](const std::u32string& a, const std::u32string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
  std::vector<std::string> result;
  for (const std::u32string& form : forms) {
    std::string& bytes = result.emplace_back();
    for (const char32_t c : form) utf8::append(bytes, c);
  }
  return result;
}

}  // namespace lectern::unicode
