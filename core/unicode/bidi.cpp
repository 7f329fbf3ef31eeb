// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/unicode/bidi.h"

#include "core/base/check.h"
#include "core/base/utf8.h"

#include <unicode/ubidi.h>
#include <unicode/uchar.h>
#include <unicode/utf16.h>

#include <array>
#include <memory>

namespace lectern::unicode {

namespace {

struct Close {
  void operator()(UBiDi* bidi) const { ubidi_close(bidi); }
};

struct Line {
  std::vector<int32_t> order;     // in the new order, the index in the old one
  std::vector<bool> rightToLeft;  // by the old index
};

bool isStrongRight(char32_t c) {
  const UCharDirection direction = u_charDirection(static_cast<UChar32>(c));
  return direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
}

bool isBidiControl(char32_t c) {
  return c == 0x200E || c == 0x200F || c == 0x061C || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

// ICU counts UTF-16 units. What lies beyond the basic plane takes the place of one unit of its
// direction here, so that units and code points have the same numbers.
std::u16string unitPerCodePoint(const std::u32string& text) {
  constexpr char16_t kStrongRight = 0x05D0;
  constexpr char16_t kStrongLeft = u'a';
  std::u16string units;
  units.reserve(text.size());
  for (const char32_t c : text) {
    if (c < 0x10000 && !U_IS_SURROGATE(c)) {
      units.push_back(isBidiControl(c) ? u'\u200B' : static_cast<char16_t>(c));
    } else {
      units.push_back(isStrongRight(c) ? kStrongRight : kStrongLeft);
    }
  }
  return units;
}

Line reorder(const std::u16string& units, bool rightToLeft, UBiDiReorderingMode mode) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UBiDi, Close> bidi(ubidi_open());
  LECTERN_CHECK(bidi != nullptr);
  const auto size = static_cast<int32_t>(units.size());
  ubidi_setReorderingMode(bidi.get(), mode);
  ubidi_setPara(bidi.get(), units.data(), size, rightToLeft ? 1 : 0, nullptr, &status);
  Line line;
  line.order.resize(units.size());
  ubidi_getVisualMap(bidi.get(), line.order.data(), &status);
  const UBiDiLevel* levels = ubidi_getLevels(bidi.get(), &status);
  LECTERN_CHECK(U_SUCCESS(status));
  line.rightToLeft.reserve(units.size());
  for (int32_t i = 0; i < size; ++i) line.rightToLeft.push_back((levels[i] & 1) != 0);
  return line;
}

std::u16string logicalUnits(const std::u16string& visual, const Line& line, bool mirror) {
  std::u16string logical;
  logical.reserve(visual.size());
  for (const int32_t index : line.order) {
    const char16_t unit = visual[static_cast<size_t>(index)];
    const bool flip = mirror && line.rightToLeft[static_cast<size_t>(index)];
    logical.push_back(flip ? static_cast<char16_t>(u_charMirror(unit)) : unit);
  }
  return logical;
}

// Whether a renderer would put this reading back as it stands on paper. Files hold brackets either
// by their shape or by their meaning; both are tried.
bool looksLike(const std::u16string& visual, const Line& line, bool rightToLeft) {
  for (const bool mirror : {true, false}) {
    const Line shown =
        reorder(logicalUnits(visual, line, mirror), rightToLeft, UBIDI_REORDER_DEFAULT);
    bool same = true;
    for (size_t i = 0; i < shown.order.size() && same; ++i) {
      same = line.order[static_cast<size_t>(shown.order[i])] == static_cast<int32_t>(i);
    }
    if (same) return true;
  }
  return false;
}

// ICU has several inverses, as none is right for all lines: the algorithm itself is its own inverse
// for most, "like direct" knows where Arabic numbers go, "numbers as L" keeps "PDF 2" together. Of
// the three the first is taken that renders back to what is seen.
Line invert(const std::u32string& visual, bool rightToLeft) {
  const std::u16string units = unitPerCodePoint(visual);
  constexpr std::array kInverses = {UBIDI_REORDER_DEFAULT, UBIDI_REORDER_INVERSE_LIKE_DIRECT,
                                    UBIDI_REORDER_INVERSE_NUMBERS_AS_L};
  for (const UBiDiReorderingMode mode : kInverses) {
    Line line = reorder(units, rightToLeft, mode);
    if (looksLike(units, line, rightToLeft)) return line;
  }
  return reorder(units, rightToLeft, kInverses.front());
}

}  // namespace

bool isRightToLeft(std::string_view text) {
  int64_t right = 0;
  int64_t left = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, i);
    if (isStrongRight(decoded.codePoint)) {
      if (left == 0) return true;
      ++right;
    } else if (u_charDirection(static_cast<UChar32>(decoded.codePoint)) == U_LEFT_TO_RIGHT) {
      ++left;
    }
    i += decoded.length;
  }
  return right > left;
}

std::vector<int32_t> logicalOrder(const std::u32string& visual, bool rightToLeft) {
  if (visual.empty()) return {};
  return invert(visual, rightToLeft).order;
}

std::u32string logicalText(const std::u32string& visual, bool rightToLeft) {
  if (visual.empty()) return {};
  const Line line = invert(visual, rightToLeft);
  std::u32string logical;
  logical.reserve(visual.size());
  for (const int32_t index : line.order) {
    const char32_t c = visual[static_cast<size_t>(index)];
    const bool flip = line.rightToLeft[static_cast<size_t>(index)];
    logical.push_back(flip ? static_cast<char32_t>(u_charMirror(static_cast<UChar32>(c))) : c);
  }
  return logical;
}

std::string withoutBidiControls(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, i);
    if (!isBidiControl(decoded.codePoint)) {
      result.append(text.substr(static_cast<size_t>(i), static_cast<size_t>(decoded.length)));
    }
    i += decoded.length;
  }
  return result;
}

}  // namespace lectern::unicode
