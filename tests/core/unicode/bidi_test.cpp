// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/unicode/bidi.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unicode/ubidi.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <string>

namespace lectern::unicode {
namespace {

// A line as a renderer puts it on paper: shapes from left to right, and where each came from.
struct Paper {
  std::u32string shapes;
  std::vector<int32_t> source;
};

Paper print(const std::u32string& logical, bool rightToLeft) {
  const std::u16string units(logical.begin(), logical.end());  // the tests stay in the basic plane
  UErrorCode status = U_ZERO_ERROR;
  UBiDi* bidi = ubidi_open();
  const auto size = static_cast<int32_t>(units.size());
  ubidi_setPara(bidi, units.data(), size, rightToLeft ? 1 : 0, nullptr, &status);
  Paper paper;
  paper.source.resize(units.size());
  ubidi_getVisualMap(bidi, paper.source.data(), &status);
  for (const int32_t index : paper.source) {
    const auto c = static_cast<UChar32>(logical[static_cast<size_t>(index)]);
    const bool right = (ubidi_getLevelAt(bidi, index) & 1) != 0;
    paper.shapes.push_back(static_cast<char32_t>(right ? u_charMirror(c) : c));
  }
  ubidi_close(bidi);
  return paper;
}

std::string utf8(const std::u32string& text) {
  std::string result;
  for (const char32_t c : text) {
    icu::UnicodeString(static_cast<UChar32>(c)).toUTF8String(result);
  }
  return result;
}

TEST(Bidi, ReadsRightToLeftLinesFromPaper) {
  for (const std::u32string line : {
           U"שלום עולם.",
           U"סעיף 3 לחוק, תשי״ב–1952 (להלן: החוק).",
           U"הכנסת (הפרלמנט) אישרה ב־12/05/2020 עלייה של 3.5% בתקציב.",
           U"התקינו את apt-get ואת Linux 6.1 על המחשב.",
           U"ראו www.example.org/doc בעמוד 12.",
           U"כל אדם זכאי ל־50% מן הסכום, כלומר 1,000 ש״ח!",
           U"[1] \"כל בני אדם נולדו בני חורין\"; ראו {נספח א}.",
           U"تنص المادة 3 (الفقرة 2) على ما يلي:",
           U"في عام ١٩٤٨ كان السعر ٣٫٥٪ أو أكثر؟",
           U"استخدم PDF و HTML، ثم أعد التشغيل.",
           U"من 10:30 إلى 12:45 يوم 1995-03-01.",
           U"كتاب «القانون الدولي» صفحة 45.",
       }) {
    const Paper paper = print(line, true);
    EXPECT_EQ(utf8(logicalText(paper.shapes, true)), utf8(line));
    const std::vector<int32_t> order = logicalOrder(paper.shapes, true);
    for (size_t i = 0; i < order.size(); ++i) {
      EXPECT_EQ(paper.source[static_cast<size_t>(order[i])], static_cast<int32_t>(i)) << utf8(line);
    }
  }
}

TEST(Bidi, ReadsLeftToRightLinesWithForeignWords) {
  for (const std::u32string line : {
           U"The word שלום means peace (see page 12).",
           U"Article 3 of خاتمة الكتاب says so (twice).",
           U"Plain text, 3.14, 50% (of it)!",
       }) {
    EXPECT_EQ(utf8(logicalText(print(line, false).shapes, false)), utf8(line));
  }
}

TEST(Bidi, TakesNothingAndOneCharacter) {
  EXPECT_TRUE(logicalOrder(U"", true).empty());
  EXPECT_EQ(logicalOrder(U"א", true), std::vector<int32_t>{0});
  EXPECT_EQ(logicalOrder(U"\U0001F600", true), std::vector<int32_t>{0});
  EXPECT_EQ(logicalText(U"", false), U"");
}

// Words and numbers between right-to-left words, brackets around any of them, punctuation behind.
// A number never stands beside a Latin word: "2 PDF" and "PDF 2" look the same on paper.
TEST(Bidi, FindsTheOrderOfRandomLines) {
  EXPECT_TRUE(rc::check([] {
    const bool arabic = *rc::gen::arbitrary<bool>();
    const auto right = arabic
                           ? rc::gen::element<std::u32string>(U"كتاب", U"السلام", U"في", U"قانون")
                           : rc::gen::element<std::u32string>(U"שלום", U"ארץ", U"צה\"ל", U"של");
    const auto other =
        rc::gen::element<std::u32string>(U"PDF", U"apt-get", U"12", U"3.14", U"1,000", U"50%",
                                         U"1995-03-01", U"12/05/2020", U"10:30");
    const auto mark =
        rc::gen::element<std::u32string>(U"", U"", U"", U",", U".", U":", U";", U"?", U"!");
    std::u32string line = *right;
    const int words = *rc::gen::inRange(0, 8);
    for (int i = 0; i < words; ++i) {
      const bool foreign = i % 2 == 0 && *rc::gen::arbitrary<bool>();
      const bool bracket = *rc::gen::inRange(0, 5) == 0;
      const std::u32string word = foreign ? *other : *right;
      line.append(U" ")
          .append(bracket ? U"(" : U"")
          .append(word)
          .append(bracket ? U")" : U"")
          .append(*mark);
    }
    line.append(U" ").append(*right);
    const Paper paper = print(line, true);
    RC_ASSERT(utf8(logicalText(paper.shapes, true)) == utf8(line));
  }));
}

TEST(Bidi, OrdersEveryCodePointOnce) {
  EXPECT_TRUE(rc::check([](const std::vector<uint16_t>& units, bool rightToLeft) {
    const std::u32string visual(units.begin(), units.end());
    std::vector<int32_t> order = logicalOrder(visual, rightToLeft);
    std::sort(order.begin(), order.end());
    RC_ASSERT(order.size() == visual.size());
    for (size_t i = 0; i < order.size(); ++i) RC_ASSERT(order[i] == static_cast<int32_t>(i));
  }));
}

TEST(Bidi, KnowsTheDirectionOfAText) {
  EXPECT_TRUE(isRightToLeft("שלום PDF and more"));
  EXPECT_TRUE(isRightToLeft("12. كتاب"));
  EXPECT_TRUE(isRightToLeft("PDF הוא פורמט"));
  EXPECT_FALSE(isRightToLeft("The word שלום means peace"));
  EXPECT_FALSE(isRightToLeft("12 %"));
  EXPECT_FALSE(isRightToLeft(""));
}

TEST(Bidi, RemovesControls) {
  EXPECT_EQ(withoutBidiControls("\u202Bשלום\u202C\u200E a\u2067b\u2069\u061C"), "שלום ab");
}

}  // namespace
}  // namespace lectern::unicode
