// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/unicode/fold.h"

#include "core/base/utf8.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <string>

namespace lectern::unicode {
namespace {

// Text as documents have it: letters of the nine languages with their marks, presentation forms,
// spaces of every kind, controls, and now and then any code point at all.
rc::Gen<std::string> documentText() {
  const auto codePoint = rc::gen::oneOf(
      rc::gen::inRange<uint32_t>(0x20, 0x7F), rc::gen::inRange<uint32_t>(0xA0, 0x250),
      rc::gen::inRange<uint32_t>(0x300, 0x340), rc::gen::inRange<uint32_t>(0x591, 0x6FF),
      rc::gen::inRange<uint32_t>(0x2000, 0x2070), rc::gen::inRange<uint32_t>(0xFB00, 0xFEFF),
      rc::gen::element<uint32_t>('\t', '\n', ' ', 0x3000, 0xAD, 0x1F600, 0xFDFA),
      rc::gen::inRange<uint32_t>(0, 0x110000));
  return rc::gen::map(rc::gen::container<std::vector<uint32_t>>(codePoint),
                      [](const std::vector<uint32_t>& codePoints) {
                        std::string text;
                        for (const uint32_t c : codePoints) utf8::append(text, c);
                        return text;
                      });
}

TEST(Fold, MakesTheWaysOfWritingOneWordAlike) {
  EXPECT_EQ(fold("Straße"), "strasse");
  EXPECT_EQ(fold("ﬁnal oﬃce"), "final office");
  EXPECT_EQ(fold("caf\u00E9"), fold("cafe\u0301"));
  EXPECT_EQ(fold("CAFÉ"), "cafe");
  EXPECT_EQ(fold("co\u00ADopera\u200Btion"), "cooperation");
  EXPECT_EQ(fold("ΣΊΣΥΦΟΣ"), fold("σίσυφος"));
  EXPECT_EQ(fold("İstanbul"), "istanbul");
}

TEST(Fold, TakesPointsFromHebrewAndKeepsFinalLetters) {
  EXPECT_EQ(fold("שָׁלוֹם"), "שלום");
  EXPECT_EQ(fold("בְּרֵאשִׁית"), "בראשית");
  EXPECT_EQ(fold("\uFB2A\uFB4B"), "שו");  // presentation forms: shin with dot, vav with holam
  EXPECT_EQ(fold("צה״ל"), "צה\"ל");
  EXPECT_EQ(fold("בית־ספר"), "בית-ספר");
  EXPECT_NE(fold("ם"), fold("מ"));
}

TEST(Fold, TakesMarksFromArabicAndUnitesLetterForms) {
  EXPECT_EQ(fold("السَّلامُ"), "السلام");
  EXPECT_EQ(fold("أحمد"), "احمد");
  EXPECT_EQ(fold("إلى"), "الي");
  EXPECT_EQ(fold("مدرسة"), "مدرسه");
  EXPECT_EQ(fold("كـــتاب"), "كتاب");
  EXPECT_EQ(fold("کتاب"), "كتاب");
  EXPECT_EQ(fold("ﻛﺘﺎﺏ"), "كتاب");  // presentation forms, as some PDFs have them
  EXPECT_EQ(fold("١٩٤٨٫٥٪ ۱۲"), "1948.5% 12");
}

TEST(Fold, UnitesDashesQuotationMarksAndSpaces) {
  EXPECT_EQ(fold("1990–95 — “a” ‚b’ «c» −5"), "1990-95 - \"a\" 'b' \"c\" -5");
  EXPECT_EQ(fold("a \u00A0\n\t\u3000b"), "a b");
  EXPECT_EQ(fold("a \u200E\u200F b"), "a b");
  EXPECT_EQ(fold(""), "");
}

TEST(Fold, KeepsMarksThatAreLetters) {
  EXPECT_EQ(fold("हिन्दी"), "हिन्दी");
  EXPECT_EQ(fold("น้ำ"), fold("น้ำ"));
  EXPECT_NE(fold("が"), fold("か"));
}

TEST(Fold, LeadsBackToTheWholeSource) {
  const std::string text = "x ﬁ שָׁלוֹם  y";
  const Folded folded = foldWithOrigin(text);
  ASSERT_EQ(folded.text, "x fi שלום y");
  const auto source = [&](TextSpan span) {
    const TextSpan original = folded.originalSpan(span);
    return text.substr(static_cast<size_t>(original.begin), static_cast<size_t>(original.length()));
  };
  EXPECT_EQ(source({2, 3}), "ﬁ");      // half a ligature is the whole ligature
  EXPECT_EQ(source({5, 13}), "שָׁלוֹם");  // with the points behind each letter
  EXPECT_EQ(source({5, 7}), "שָׁ");
  EXPECT_EQ(source({13, 14}), "  ");
  EXPECT_EQ(source({0, 15}), text);
  EXPECT_EQ(source({3, 3}), "");
}

TEST(Fold, OriginsRiseAndCoverTheSourceOfEveryRange) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = *documentText();
    const Folded folded = foldWithOrigin(text);
    RC_ASSERT(folded.origin.size() == folded.text.size() + 1);
    RC_ASSERT(folded.origin.back() == static_cast<int64_t>(text.size()));
    RC_ASSERT(std::is_sorted(folded.origin.begin(), folded.origin.end()));
    for (const int64_t origin : folded.origin) RC_ASSERT(utf8::isBoundary(text, origin));
    RC_ASSERT(folded.text == fold(text));
    RC_ASSERT(utf8::isValid(folded.text));

    // A range folds from its source: folding what originalSpan gives has the range in it.
    const auto size = static_cast<int64_t>(folded.text.size());
    const int64_t begin = *rc::gen::inRange<int64_t>(0, size + 1);
    const int64_t end = *rc::gen::inRange<int64_t>(begin, size + 1);
    const TextSpan original = folded.originalSpan({begin, end});
    RC_ASSERT(original.begin >= 0 && original.end <= static_cast<int64_t>(text.size()));
    const std::string again = fold(std::string_view(text).substr(
        static_cast<size_t>(original.begin), static_cast<size_t>(original.length())));
    const std::string range =
        folded.text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
    RC_ASSERT(again.find(range) != std::string::npos);
    RC_ASSERT(begin < end || original.isEmpty());
  }));
}

TEST(Fold, ChangesNothingThatIsFolded) {
  EXPECT_TRUE(rc::check([] {
    const std::string once = fold(*documentText());
    RC_ASSERT(fold(once) == once);
  }));
}

TEST(Fold, IsTheSameForEveryNormalForm) {
  EXPECT_TRUE(rc::check([] {
    // Letters with up to two accents, in the scripts of the nine languages.
    const auto letter = rc::gen::element<std::string>("e", "A", "n", "ñ", "é", "ü", "ç", "ا", "و",
                                                      "ي", "آ", "ש", "ב", "ﬁ", "Å", "ß");
    const auto mark = rc::gen::element<std::string>("", "", "\u0301", "\u0308", "\u0327", "\u05C1",
                                                    "\u05BC", "\u0654", "\u064B");
    std::string text;
    const auto pairs = *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
        rc::gen::pair(letter, mark));
    for (const auto& [base, accent] : pairs) text += base + accent;
    UErrorCode status = U_ZERO_ERROR;
    const auto normalised = [&](const icu::Normalizer2* form) {
      std::string result;
      form->normalize(icu::UnicodeString::fromUTF8(text), status).toUTF8String(result);
      return result;
    };
    RC_ASSERT(fold(text) == fold(normalised(icu::Normalizer2::getNFCInstance(status))));
    RC_ASSERT(fold(text) == fold(normalised(icu::Normalizer2::getNFDInstance(status))));
    RC_ASSERT(fold(text) == fold(normalised(icu::Normalizer2::getNFKCInstance(status))));
    RC_ASSERT(fold(text) == fold(normalised(icu::Normalizer2::getNFKDInstance(status))));
  }));
}

TEST(Fold, FoldsPiecesAsItFoldsTheWhole) {
  EXPECT_TRUE(rc::check([] {
    const std::string a = *documentText();
    const std::string b = *documentText();
    std::string pieces = fold(a);
    const std::string rest = fold(b);
    const bool meet = !pieces.empty() && pieces.back() == ' ' && !rest.empty() && rest[0] == ' ';
    pieces += meet ? rest.substr(1) : rest;
    RC_ASSERT(fold(a + b) == pieces);
  }));
}

}  // namespace
}  // namespace lectern::unicode
