// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/content_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<ContentWord> contentOf(std::string_view text) {
  return contentWords(text, unicode::words(text), [](std::string_view) { return 1.0; });
}

std::vector<std::string> folded(std::string_view text) {
  std::vector<std::string> result;
  for (const ContentWord& word : contentOf(text)) result.push_back(word.folded);
  return result;
}

std::vector<std::string> guarded(std::string_view text) {
  std::vector<std::string> result;
  for (const ContentWord& word : contentOf(text)) {
    if (word.guarded) result.push_back(word.shown);
  }
  return result;
}

bool standsIn(std::string_view word, std::string_view text) {
  const auto places = occurrences(contentOf(word), unicode::words(text));
  return places.size() == 1 && !places[0].empty();
}

TEST(ContentWords, LeavesOutFunctionWordsAndRepetitions) {
  EXPECT_THAT(folded("The tenant pays the rent, and the tenant keeps the key."),
              ElementsAre("tenant", "pays", "rent", "keeps", "key"));
}

TEST(ContentWords, TakesTheWordOutOfItsArticleOrGenitive) {
  EXPECT_THAT(folded("l'eau"), ElementsAre("eau"));
  EXPECT_THAT(folded("Debian's archive"), ElementsAre("debian", "archive"));
}

TEST(ContentWords, KeepsAcronymsThatAreFunctionWordsElsewhere) {
  EXPECT_THAT(folded("Where is the MIA list of IT?"), ElementsAre("mia", "list", "it"));
  EXPECT_THAT(folded("IT IS THE LIST"), ElementsAre("list"));
}

TEST(ContentWords, CountsNumbersTwice) {
  const auto words = contentOf("pay 300 euros");
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[0].weight, 1);
  EXPECT_EQ(words[1].weight, 2);
}

TEST(ContentWords, GuardsWhatASmallDifferenceWouldChange) {
  EXPECT_THAT(
      guarded("We met Ann Miller on 3 April and set HISTSIZE in ~/.bashrc for three weeks."),
      ElementsAre("Ann", "Miller", "3", "April", "HISTSIZE", "three", "weeks"));
  EXPECT_THAT(guarded("the file foo_bar of v1.2 at x86"), ElementsAre("foo_bar", "v1.2", "x86"));
  EXPECT_THAT(guarded("le 3 mars, vingt jours"), ElementsAre("3", "mars", "vingt", "jours"));
  EXPECT_THAT(guarded("a well-known e.g. plain sentence"), IsEmpty());
}

TEST(ContentWords, DoesNotTakeGermanNounsForNames) {
  EXPECT_THAT(guarded("Wann endet die Frist und wer zahlt die Kaution?"), IsEmpty());
  EXPECT_THAT(guarded("Wo ist die Datei von OpenSSH?"), ElementsAre("OpenSSH"));
}

TEST(ContentWords, FindsWordsThatDifferInTheirEnding) {
  EXPECT_TRUE(standsIn("policy", "The policies were changed."));
  EXPECT_TRUE(standsIn("terminated", "termination of the lease"));
  EXPECT_TRUE(standsIn("pay", "he pays"));
  EXPECT_TRUE(standsIn("sign", "it was signed"));
  EXPECT_TRUE(standsIn("Kündigung", "alle Kündigungen sind schriftlich"));
  EXPECT_TRUE(standsIn("derecho", "los derechos humanos"));
}

TEST(ContentWords, KeepsApartWordsThatOnlyBeginAlike) {
  EXPECT_FALSE(standsIn("contract", "the contrast of the picture"));
  EXPECT_FALSE(standsIn("internet", "internal use"));
  EXPECT_FALSE(standsIn("university", "a universal remedy"));
  EXPECT_FALSE(standsIn("part", "a party"));
  EXPECT_FALSE(standsIn("car", "the care"));
}

TEST(ContentWords, FindsANameOnlyAsItselfOrInItsGenitive) {
  // Behind another word, since the first of a sentence need be no name.
  const auto nameStandsIn = [](std::string_view question, std::string_view text) {
    const auto places = occurrences(contentOf(question), unicode::words(text));
    return !places.empty() && !places.back().empty();
  };
  EXPECT_TRUE(nameStandsIn("we met Nesharuk", "Nesharuk came"));
  EXPECT_TRUE(nameStandsIn("we met Nesharuk", "it is Nesharuk's"));
  EXPECT_TRUE(nameStandsIn("we met Merkel", "Merkels Rede"));
  EXPECT_FALSE(nameStandsIn("we met Nesharuk", "Nesharum came"));
  EXPECT_FALSE(nameStandsIn("we saw Ivory-Hashu", "the river of Ivory-Hashe"));
  EXPECT_FALSE(nameStandsIn("we met Nora", "Norah came"));
}

TEST(ContentWords, FindsNumbersAndIdentifiersOnlyAsTheyAre) {
  EXPECT_FALSE(standsIn("2019", "in 2018 and 20190"));
  EXPECT_TRUE(standsIn("2019", "in 2019"));
  EXPECT_FALSE(standsIn("foo_bar", "foo and bar"));
  EXPECT_FALSE(standsIn("v1.2", "v1.3"));
}

TEST(ContentWords, FindsAHyphenatedWordByItsPieces) {
  EXPECT_TRUE(standsIn("time-limit", "the limit of time"));
  EXPECT_TRUE(standsIn("limit", "a time-limit"));
  EXPECT_FALSE(standsIn("time-limit", "the limit of speed"));
}

TEST(ContentWords, FindsHebrewAndArabicWordsBehindTheirPrefixes) {
  EXPECT_TRUE(standsIn("חוזה", "לפי החוזה"));
  EXPECT_TRUE(standsIn("והחוזה", "חוזה חדש"));
  EXPECT_TRUE(standsIn("كتاب", "قرأت الكتاب"));
}

TEST(ContentWords, WeighsRareWordsMore) {
  EXPECT_GT(inverseFrequency(1000, 1), inverseFrequency(1000, 10));
  EXPECT_GT(inverseFrequency(1000, 1000), 0);
  EXPECT_NEAR(inverseFrequency(9, 4), std::log(1 + 5.5 / 4.5), 1e-12);
}

}  // namespace
}  // namespace lectern
