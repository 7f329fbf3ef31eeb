// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/unicode/fold.h"

#include "core/base/check.h"
#include "core/base/utf8.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

namespace lectern::unicode {

namespace {

// What one code point folds to. Fifteen bytes hold every mapping of the table below; the longest
// one (U+FDFA, 33 bytes) lies above it.
struct Mapping {
  std::array<char, 15> bytes{};
  uint8_t length = 0;
};

// The blocks from Latin to General Punctuation and symbols: everything that the nine languages use
// but for presentation forms, which are folded one by one.
constexpr char32_t kTableEnd = 0x3000;

const icu::Normalizer2& nfkcCasefold() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* instance = icu::Normalizer2::getNFKCCasefoldInstance(status);
  LECTERN_CHECK(U_SUCCESS(status) && instance != nullptr);
  return *instance;
}

const icu::Normalizer2& nfd() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* instance = icu::Normalizer2::getNFDInstance(status);
  LECTERN_CHECK(U_SUCCESS(status) && instance != nullptr);
  return *instance;
}

bool isMark(char32_t c) {
  const auto category = u_charType(static_cast<UChar32>(c));
  return category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK;
}

// Scripts in which a word stays the same word without its marks.
bool losesMarks(char32_t c) {
  constexpr char32_t kVoicedSoundMark = 0x3099;
  constexpr char32_t kSemiVoicedSoundMark = 0x309A;
  if (c == kVoicedSoundMark || c == kSemiVoicedSoundMark) return false;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(static_cast<UChar32>(c), &status)) {
    case USCRIPT_LATIN:
    case USCRIPT_GREEK:
    case USCRIPT_CYRILLIC:
    case USCRIPT_HEBREW:
    case USCRIPT_ARABIC:
    case USCRIPT_COMMON:
    case USCRIPT_INHERITED:
      return true;
    default:
      return false;
  }
}

// Characters that are written in several ways but compared as one.
struct Twins {
  std::u32string_view from;
  char32_t to;  // 0 removes them
};
constexpr std::array kTwins = {
    Twins{U"\u00AB\u00BB\u05F4\u201C\u201D\u201E\u201F\u2033\u2036\u301D\u301E\u301F", U'"'},
    Twins{U"\u00B4\u02BC\u05F3\u2018\u2019\u201A\u201B\u2032\u2035\u2039\u203A", U'\''},
    Twins{U"\u2212", U'-'},                 // minus sign
    Twins{U"\u2044", U'/'},                 // fraction slash
    Twins{U"\u066A", U'%'},                 // Arabic percent sign
    Twins{U"\u066B", U'.'},                 // Arabic decimal separator
    Twins{U"\u066C", U','},                 // Arabic thousands separator
    Twins{U"\u0640\u00A8\u00AF\u00B8", 0},  // tatweel, spacing accents
    Twins{U"\u0671\u0672\u0673", 0x0627},   // alef forms that do not decompose
    Twins{U"\u0649\u06CC", 0x064A},         // alef maqsura, Persian ya
    Twins{U"\u0629", 0x0647},               // ta marbuta
    Twins{U"\u06A9", 0x0643},               // Persian kaf
};

std::optional<char32_t> twin(char32_t c) {
  for (const Twins& twins : kTwins) {
    if (twins.from.find(c) != std::u32string_view::npos) return twins.to;
  }
  return std::nullopt;
}

void appendTwinOrSelf(std::string& folded, char32_t c) {
  if (const auto other = twin(c)) {
    if (*other != 0) utf8::append(folded, *other);
    return;
  }
  const auto codePoint = static_cast<UChar32>(c);
  if (u_isUWhiteSpace(codePoint)) {
    folded.push_back(' ');
  } else if (u_charDigitValue(codePoint) >= 0) {
    folded.push_back(static_cast<char>('0' + u_charDigitValue(codePoint)));
  } else if (u_charType(codePoint) == U_DASH_PUNCTUATION) {
    folded.push_back('-');
  } else {
    utf8::append(folded, c);
  }
}

std::string foldCodePoint(char32_t c) {
  std::string folded;
  if (twin(c)) {
    appendTwinOrSelf(folded, c);
    return folded;
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString compatible =
      nfkcCasefold().normalize(icu::UnicodeString(static_cast<UChar32>(c)), status);
  LECTERN_CHECK(U_SUCCESS(status));
  const bool bare = losesMarks(c);
  const icu::UnicodeString pieces = bare ? nfd().normalize(compatible, status) : compatible;
  LECTERN_CHECK(U_SUCCESS(status));
  for (int32_t i = 0; i < pieces.length(); i = pieces.moveIndex32(i, 1)) {
    const auto piece = static_cast<char32_t>(pieces.char32At(i));
    if (!bare || !isMark(piece)) appendTwinOrSelf(folded, piece);
  }
  // "´" and its like decompose into a space and a mark; alone they would cut a word in two.
  if (folded == " " && !u_isUWhiteSpace(static_cast<UChar32>(c))) folded.clear();
  return folded;
}

const std::array<Mapping, kTableEnd>& table() {
  static const auto mappings = [] {
    auto all = std::make_unique<std::array<Mapping, kTableEnd>>();
    for (char32_t c = 0; c < kTableEnd; ++c) {
      const std::string folded = foldCodePoint(c);
      Mapping& mapping = (*all)[c];
      LECTERN_CHECK(folded.size() <= mapping.bytes.size());
      std::copy(folded.begin(), folded.end(), mapping.bytes.begin());
      mapping.length = static_cast<uint8_t>(folded.size());
    }
    return all;
  }();
  return *mappings;
}

// Calls emit(folded bytes, where their source starts) for every code point that leaves something,
// with runs of white space already one space.
template <class Emit>
void foldEach(std::string_view text, const Emit& emit) {
  const std::array<Mapping, kTableEnd>& mappings = table();
  bool afterSpace = false;
  const auto emitUnlessSecondSpace = [&](std::string_view folded, int64_t origin) {
    for (const char byte : folded) {
      const bool space = byte == ' ';
      if (!space || !afterSpace) emit(byte, origin);
      afterSpace = space;
    }
  };
  const auto size = static_cast<int64_t>(text.size());
  for (int64_t i = 0; i < size;) {
    const auto byte = static_cast<uint8_t>(text[static_cast<size_t>(i)]);
    if (byte < 0x80) {
      emitUnlessSecondSpace({mappings[byte].bytes.data(), 1}, i);
      ++i;
      continue;
    }
    const utf8::Decoded decoded = utf8::decode(text, i);
    if (decoded.codePoint < kTableEnd) {
      const Mapping& mapping = mappings[decoded.codePoint];
      emitUnlessSecondSpace({mapping.bytes.data(), mapping.length}, i);
    } else {
      emitUnlessSecondSpace(foldCodePoint(decoded.codePoint), i);
    }
    i += decoded.length;
  }
}

}  // namespace

TextSpan Folded::originalSpan(TextSpan folded) const {
  const auto begin = static_cast<size_t>(folded.begin);
  auto end = static_cast<size_t>(folded.end);
  if (folded.isEmpty()) return {origin[begin], origin[begin]};
  while (end + 1 < origin.size() && origin[end] == origin[end - 1]) ++end;
  return {origin[begin], origin[end]};
}

Folded foldWithOrigin(std::string_view text) {
  Folded folded;
  folded.text.reserve(text.size());
  folded.origin.reserve(text.size() + 1);
  foldEach(text, [&folded](char byte, int64_t origin) {
    folded.text.push_back(byte);
    folded.origin.push_back(origin);
  });
  folded.origin.push_back(static_cast<int64_t>(text.size()));
  return folded;
}

std::string fold(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  foldEach(text, [&folded](char byte, int64_t /*origin*/) { folded.push_back(byte); });
  return folded;
}

}  // namespace lectern::unicode
