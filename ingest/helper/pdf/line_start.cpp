// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/line_start.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <string>

namespace lectern::helper::pdf {

namespace {

constexpr std::u32string_view kBullets = U"•‣◦⁃▪▫■□●○◆◇►▶▸➢➤✓✔∙⚫⁌◾";
constexpr std::u32string_view kWeakBullets = U"-–—*·";
constexpr std::u32string_view kClosers = U"\"')]}”’»›“";

constexpr std::array<std::u32string_view, 26> kCaptionWords = {
    U"figure", U"fig.",    U"fig",    U"table", U"tab.",       U"tab",     U"abbildung",
    U"abb.",   U"tabelle", U"figura", U"tabla", U"cuadro",     U"tableau", U"quadro",
    U"tabela", U"tabella", U"figuur", U"tabel", U"afbeelding", U"الشكل",   U"شكل",
    U"جدول",   U"الجدول",  U"איור",   U"טבלה",  U"תרשים"};

bool isSpace(char32_t c) {
  return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}
bool isDigit(char32_t c) {
  return u_isdigit(static_cast<UChar32>(c)) != 0;
}
bool isLetter(char32_t c) {
  return u_isalpha(static_cast<UChar32>(c)) != 0;
}

bool isPrivateUse(char32_t c) {
  return c >= 0xE000 && c <= 0xF8FF;
}

bool isRoman(std::u32string_view text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of(U"ivxIVX") == std::u32string_view::npos;
}

}  // namespace

ListMarker listMarkerOf(std::u32string_view line) {
  const auto space = std::find_if(line.begin(), line.end(), isSpace);
  if (space == line.end()) return ListMarker::None;
  std::u32string_view first = line.substr(0, static_cast<size_t>(space - line.begin()));
  if (first.size() == 1) {
    if (kBullets.find(first[0]) != std::u32string_view::npos || isPrivateUse(first[0])) {
      return ListMarker::Bullet;
    }
    return kWeakBullets.find(first[0]) != std::u32string_view::npos ? ListMarker::Weak
                                                                    : ListMarker::None;
  }
  const char32_t last = first.back();
  const bool bracketed =
      (first.front() == U'(' && last == U')') || (first.front() == U'[' && last == U']');
  if (bracketed) first.remove_prefix(1);
  if (!bracketed && last != U'.' && last != U')') return ListMarker::None;
  first.remove_suffix(1);
  if (first.empty()) return ListMarker::None;
  if (first.size() <= 3 && std::all_of(first.begin(), first.end(), isDigit)) {
    return ListMarker::Weak;
  }
  if (isRoman(first)) return ListMarker::Weak;
  // "A." is an initial more often than a marker.
  const bool letter = first.size() == 1 && isLetter(first[0]);
  const bool capital = letter && u_isupper(static_cast<UChar32>(first[0])) != 0;
  return letter && !(capital && last == U'.') ? ListMarker::Weak : ListMarker::None;
}

bool startsCaption(std::u32string_view line) {
  const auto space = std::find_if(line.begin(), line.end(), isSpace);
  std::u32string word(line.begin(), space);
  for (char32_t& c : word) c = static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  if (std::find(kCaptionWords.begin(), kCaptionWords.end(), word) == kCaptionWords.end()) {
    return false;
  }
  auto it = std::find_if_not(space, line.end(), isSpace);
  bool hasDigit = false;
  bool parted = false;
  for (; it != line.end() && !isSpace(*it); ++it) {
    if (isDigit(*it)) {
      hasDigit = true;
      parted = false;
    } else if (*it == U'.' || *it == U':' || *it == U'-' || *it == U'–') {
      parted = hasDigit;
    } else if (hasDigit || !isLetter(*it)) {
      return false;
    }
  }
  it = std::find_if_not(it, line.end(), isSpace);
  const bool separatorFollows =
      it != line.end() && (*it == U'-' || *it == U'–' || *it == U'—' || *it == U':' || *it == U'|');
  return hasDigit && (parted || separatorFollows || it == line.end());
}

bool isSectionNumber(std::u32string_view text) {
  if (text.empty() || text.size() > 10) return false;
  bool hasDigit = false;
  for (size_t i = 0; i < text.size(); ++i) {
    hasDigit = hasDigit || isDigit(text[i]);
    if (!isDigit(text[i]) && text[i] != U'.' && !(i == 0 && isLetter(text[i]))) return false;
  }
  return hasDigit || text.size() == 1;
}

bool endsSentence(std::u32string_view line) {
  while (!line.empty() && kClosers.find(line.back()) != std::u32string_view::npos) {
    line.remove_suffix(1);
  }
  constexpr std::u32string_view kEnds = U".!?:;…؟؛۔׃";
  return !line.empty() && kEnds.find(line.back()) != std::u32string_view::npos;
}

bool endsWithHyphen(std::u32string_view line) {
  if (line.size() < 2) return false;
  const char32_t last = line.back();
  return (last == U'-' || last == 0x2010 || last == 0x00AD) &&
         u_isalnum(static_cast<UChar32>(line[line.size() - 2])) != 0;
}

bool startsLowerCase(std::u32string_view line) {
  return !line.empty() && isLetter(line.front()) &&
         u_isupper(static_cast<UChar32>(line.front())) == 0 &&
         u_istitle(static_cast<UChar32>(line.front())) == 0;
}

}  // namespace lectern::helper::pdf
