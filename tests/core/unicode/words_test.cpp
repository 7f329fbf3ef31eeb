// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/unicode/words.h"

#include "core/base/utf8.h"
#include "core/unicode/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace lectern::unicode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "apt-get +apt +get": the folded words, parts with a plus.
std::string shown(std::string_view text) {
  std::string result;
  for (const Word& word : words(text)) {
    if (!result.empty()) result += ' ';
    result += (word.part ? "+" : "") + word.folded;
  }
  return result;
}

std::vector<std::string> numbers(std::string_view text) {
  std::vector<std::string> result;
  for (const Word& word : words(text)) {
    if (word.number && !word.part) result.push_back(word.folded);
  }
  return result;
}

std::vector<std::string> names(std::string_view text) {
  std::vector<std::string> result;
  for (const Word& word : words(text)) {
    if (word.name && !word.part) result.push_back(word.folded);
  }
  return result;
}

TEST(Words, AreLettersAndDigitsWithoutPunctuation) {
  EXPECT_EQ(shown("Hello, (world)! -- 42 % of it…"), "hello world 42 of it");
  EXPECT_EQ(shown(" ,.;\n"), "");
  EXPECT_EQ(shown("___ - _"), "");
  EXPECT_EQ(shown("§§ 433, 434 BGB"), "433 434 bgb");
}

TEST(Words, KeepIdentifiersTogetherAndGiveTheirParts) {
  EXPECT_EQ(shown("HISTSIZE"), "histsize");
  EXPECT_EQ(shown("apt-get update"), "apt-get +apt +get update");
  EXPECT_EQ(shown("v1.2-rc3"), "v1.2-rc3 +v1 +2 +rc3");
  EXPECT_EQ(shown("foo_bar"), "foo_bar +foo +bar");
  EXPECT_EQ(shown("user@host"), "user@host +user +host");
  EXPECT_EQ(shown("rc3.tar.gz"), "rc3.tar.gz +rc3 +tar +gz");
  EXPECT_EQ(shown("--option"), "option");
  EXPECT_EQ(shown("and/or"), "and or");
  EXPECT_EQ(shown("bon‑à‑tirer"), "bon-a-tirer +bon +a +tirer");
}

TEST(Words, TakeElisionsApart) {
  EXPECT_EQ(shown("l’eau"), "l'eau +eau");
  EXPECT_EQ(shown("dell'articolo"), "dell'articolo +dell +articolo");
  EXPECT_EQ(shown("don't"), "don't +don");
  EXPECT_EQ(shown("the house’s"), "the house's +house");
}

TEST(Words, ReadNumbersAsTheyAreWritten) {
  EXPECT_THAT(numbers("3.14 and 1,000.50, 42."), ElementsAre("3.14", "1,000.50", "42"));
  EXPECT_THAT(numbers("1 000 or 12\u00A0345\u00A0678,90 or 1\u202F234 or 1'000"),
              ElementsAre("1000", "12345678,90", "1234", "1000"));
  EXPECT_THAT(numbers("in 2019 300 people, 3 10"), ElementsAre("2019", "300", "3", "10"));
  EXPECT_THAT(numbers("1995-03-01 10:30 1/2/2020"), ElementsAre("1995-03-01", "10:30", "1/2/2020"));
  EXPECT_THAT(numbers("١٩٤٨ 5% -7 $20"), ElementsAre("1948", "5", "7", "20"));
  EXPECT_THAT(numbers("A4 2nd x86"), IsEmpty());
  EXPECT_EQ(shown("3.14"), "3.14");
  EXPECT_EQ(shown("1995-03-01"), "1995-03-01 +1995 +03 +01");
}

TEST(Words, KnowNamesFromSentenceStarts) {
  EXPECT_THAT(names("The dog of Peter Hall barks. Nobody knows McAdam or NASA."),
              ElementsAre("peter", "hall", "mcadam", "nasa"));
  EXPECT_THAT(names("Ask Dr. Weiss and J. Smith."), ElementsAre("dr", "weiss", "j", "smith"));
  EXPECT_THAT(names("NASA knows. I do."), ElementsAre("nasa"));
  EXPECT_THAT(names("מדינת ישראל"), IsEmpty());
}

TEST(Words, SpanTheOriginal) {
  const std::string text = "Die Straße, שָׁלוֹם apt-get.";
  std::vector<std::string> originals;
  for (const Word& word : words(text)) {
    originals.push_back(
        text.substr(static_cast<size_t>(word.span.begin), static_cast<size_t>(word.span.length())));
  }
  EXPECT_THAT(originals, ElementsAre("Die", "Straße", "שָׁלוֹם", "apt-get", "apt", "get"));
  EXPECT_EQ(shown(text), "die strasse שלום apt-get +apt +get");
}

TEST(Words, KeepHebrewAbbreviationsAndJoinedWords) {
  EXPECT_EQ(shown("צה\"ל ארה״ב"), "צה\"ל ארה\"ב");
  EXPECT_EQ(shown("בית־ספר"), "בית-ספר +בית +ספר");
}

TEST(Words, AreNeverLongerThanTheCap) {
  const std::string text = std::string(1000, 'a') + " " + [] {
    std::string chain;
    for (int i = 0; i < 500; ++i) chain += "ab-";
    return chain;
  }();
  for (const Word& word : words(text)) EXPECT_LE(word.span.length(), kMaxWordBytes);
  EXPECT_EQ(words(std::string(1000, 'a')).size(), 4U);
}

TEST(Words, LoseArabicAndHebrewPrefixesOneByOne) {
  EXPECT_THAT(withoutPrefixes(fold("وبالكتاب")), ElementsAre("بالكتاب", "الكتاب", "كتاب"));
  EXPECT_THAT(withoutPrefixes(fold("للكتاب")), ElementsAre("لكتاب", "كتاب"));
  EXPECT_THAT(withoutPrefixes("ושבבית"), ElementsAre("שבבית", "בבית", "בית"));
  EXPECT_THAT(withoutPrefixes("הספר"), ElementsAre("ספר"));
  EXPECT_THAT(withoutPrefixes("בית"), IsEmpty());
  EXPECT_THAT(withoutPrefixes("house"), IsEmpty());
  EXPECT_THAT(withoutPrefixes(""), IsEmpty());
}

TEST(Words, KnowFunctionWordsOfNineLanguages) {
  for (const char* word :
       {"the", "está", "était", "não", "perché", "één", "während", "إلى", "של"}) {
    EXPECT_TRUE(isStopWord(fold(word))) << word;
  }
  for (const char* word : {"contract", "war", "car", "van", "door", "due", "son", "Vertrag"}) {
    EXPECT_FALSE(isStopWord(fold(word))) << word;
  }
}

TEST(Words, KnowNegationsOfNineLanguages) {
  for (const char* word : {"never", "don't", "jamás", "sauf", "não", "senza", "geen", "außer",
                           "ليس", "إلا", "ללא", "אינו"}) {
    EXPECT_TRUE(isNegation(fold(word))) << word;
  }
  for (const char* word : {"so", "mai", "noch", "and", "not-so"}) {
    EXPECT_FALSE(isNegation(fold(word))) << word;
  }
}

TEST(Words, AreOrderedInsideTheTextAndFoldFromTheirSpan) {
  EXPECT_TRUE(rc::check([] {
    const auto piece = rc::gen::element<std::string>(
        "word", "Ünder", "שָׁלוֹם", "كِتاب", "3", "000", "1995", "-", "_", ".", "'", "’", "@", "/", ":",
        " ", "\u00A0", "\n", "漢字", "ไทย", "\u00AD", "\u0301", "😀", "ﬁ", "\"");
    std::string text;
    for (const std::string& p : *rc::gen::container<std::vector<std::string>>(piece)) text += p;
    TextSpan whole;
    const std::vector<Word> all = words(text);
    for (const Word& word : all) {
      RC_ASSERT(!word.folded.empty());
      RC_ASSERT(!word.span.isEmpty() && word.span.end <= static_cast<int64_t>(text.size()));
      RC_ASSERT(utf8::isBoundary(text, word.span.begin) && utf8::isBoundary(text, word.span.end));
      std::string expected = fold(std::string_view(text).substr(
          static_cast<size_t>(word.span.begin), static_cast<size_t>(word.span.length())));
      std::erase(expected, ' ');
      if (word.number) std::erase(expected, '\'');
      RC_ASSERT(word.folded == expected);
      if (word.part) {
        RC_ASSERT(whole.contains(word.span));
      } else {
        RC_ASSERT(whole.end <= word.span.begin);
        whole = word.span;
      }
    }
  }));
}

}  // namespace
}  // namespace lectern::unicode
