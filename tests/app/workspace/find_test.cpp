// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/find.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

namespace lectern {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::string_view words,
                               const std::string& text,
                               bool matchCase = false) {
  std::vector<std::string> hits;
  for (const TextSpan span : TextFinder(words, matchCase).in(text)) {
    hits.push_back(
        text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length())));
  }
  return hits;
}

TEST(TextFinder, FindsWordsHoweverTheyAreWritten) {
  EXPECT_THAT(found("lease", "The Lease and the LEASES."), ElementsAre("Lease", "LEASE"));
  EXPECT_THAT(found("office", "The o\uFB03ce is open."), ElementsAre("o\uFB03ce"));
  EXPECT_THAT(found("kundigung", "die Ku\u0308ndi\u00ADgung"),
              ElementsAre("Ku\u0308ndi\u00ADgung"));
  EXPECT_THAT(found("strasse", "Die Stra\u00DFe."), ElementsAre("Stra\u00DFe"));
  EXPECT_THAT(found("\"so\"", "\u201Cso\u201D"), ElementsAre("\u201Cso\u201D"));
  EXPECT_THAT(found("end of a  quarter", "the end of\n\na quarter."),
              ElementsAre("end of\n\na quarter"));
}

TEST(TextFinder, FindsArabicWithoutMarksAndTatweel) {
  EXPECT_THAT(found("كتاب", "قرأت كِتَـــاب جديد"), ElementsAre("كِتَـــاب"));
  EXPECT_THAT(found("الإيجار", "عقد الايجار"), ElementsAre("الايجار"));
}

TEST(TextFinder, FindsHebrewWithoutPoints) {
  EXPECT_THAT(found("שלום", "אמר שָׁלוֹם לכולם"), ElementsAre("שָׁלוֹם"));
}

TEST(TextFinder, TellsCapitalsApartWhereAsked) {
  EXPECT_THAT(found("Lease", "lease Lease LEASE", true), ElementsAre("Lease"));
  EXPECT_THAT(found("fi", "Fi \uFB01 FI", true), ElementsAre("\uFB01"));
  EXPECT_THAT(found("Strasse", "STRASSE Stra\u00DFe", true), ElementsAre("Stra\u00DFe"));
}

TEST(TextFinder, FindsNothingWhereNothingIsAskedFor) {
  EXPECT_TRUE(TextFinder("", false).isEmpty());
  EXPECT_TRUE(TextFinder(" \t ", false).isEmpty());
  EXPECT_THAT(found("", "text"), IsEmpty());
  EXPECT_THAT(found("\u0301", "te\u0301xt"), IsEmpty());
}

TEST(TextFinder, GivesNoPlaceTwice) {
  EXPECT_THAT(found("aa", "aaaaa"), ElementsAre("aa", "aa"));
  EXPECT_THAT(found("f", "\uFB00"), ElementsAre("\uFB00"));
}

}  // namespace
}  // namespace lectern
