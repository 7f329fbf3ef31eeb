// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectern {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

Question analyze(std::string_view text) {
  return analyzeQuestion(text, [](std::string_view) { return 1.0; });
}

std::vector<std::string> wordsOf(std::string_view text) {
  std::vector<std::string> result;
  for (const ContentWord& word : analyze(text).words) result.push_back(word.folded);
  return result;
}

TEST(Question, LeavesQuestionWordsOutInNineLanguages) {
  EXPECT_THAT(wordsOf("When does the lease end?"), ElementsAre("lease", "end"));
  EXPECT_THAT(wordsOf("¿Cuándo termina el contrato?"), ElementsAre("termina", "contrato"));
  EXPECT_THAT(wordsOf("Combien coûte l'appartement ?"), ElementsAre("coute", "appartement"));
  EXPECT_THAT(wordsOf("Quantas pessoas assinaram?"), ElementsAre("pessoas", "assinaram"));
  EXPECT_THAT(wordsOf("Dove si trova la chiave?"), ElementsAre("trova", "chiave"));
  EXPECT_THAT(wordsOf("Hoeveel huur betaal ik?"), ElementsAre("huur", "betaal"));
  EXPECT_THAT(wordsOf("Wann endet die Miete?"), ElementsAre("endet", "die", "miete"));
  EXPECT_THAT(wordsOf("متى ينتهي العقد؟"), ElementsAre("ينتهي", "العقد"));
  EXPECT_THAT(wordsOf("מתי מסתיים החוזה?"), ElementsAre("מסתיים", "החוזה"));
}

TEST(Question, KnowsWhatIsAskedFor) {
  EXPECT_EQ(analyze("When was it founded?").asked, Asked::Time);
  EXPECT_EQ(analyze("Who founded it?").asked, Asked::Person);
  EXPECT_EQ(analyze("How many pages are there?").asked, Asked::Quantity);
  EXPECT_EQ(analyze("How long is the notice?").asked, Asked::Quantity);
  EXPECT_THAT(wordsOf("How long is the notice?"), ElementsAre("notice"));
  EXPECT_EQ(analyze("How is it done?").asked, Asked::Anything);
  EXPECT_EQ(analyze("Seit wann gilt das?").asked, Asked::Time);
  EXPECT_EQ(analyze("Wie viele Seiten hat es?").asked, Asked::Quantity);
  EXPECT_EQ(analyze("¿Quién firmó?").asked, Asked::Person);
  EXPECT_EQ(analyze("כמה עמודים יש?").asked, Asked::Quantity);
}

TEST(Question, GuardsAUnitOnlyBesideItsNumber) {
  const auto guarded = [](std::string_view text) {
    std::vector<std::string> result;
    for (const ContentWord& word : analyze(text).words) {
      if (word.guarded) result.push_back(word.shown);
    }
    return result;
  };
  EXPECT_THAT(guarded("On which day was Irene Moore born?"), ElementsAre("Irene", "Moore"));
  EXPECT_THAT(guarded("How much did it take in last year?"), IsEmpty());
  EXPECT_THAT(guarded("What happens after 30 days?"), ElementsAre("30", "days"));
  EXPECT_THAT(guarded("What happens after three months in March or June?"),
              ElementsAre("three", "months", "March", "June"));
  EXPECT_THAT(guarded("¿En qué año murió?"), IsEmpty());
}

TEST(Question, TakesWordsOfOtherLanguagesThatOnlyLookLikeQuestionWords) {
  EXPECT_THAT(wordsOf("How do birds like the dove come home?"), Contains("dove"));
}

TEST(Question, FindsQuotedPhrases) {
  EXPECT_THAT(analyze("Where does it say “three months”?").phrases, ElementsAre("three months"));
  EXPECT_THAT(analyze("Wo steht „drei Monate“?").phrases, ElementsAre("drei monate"));
  EXPECT_THAT(analyze("Où est « trois mois » ?").phrases, ElementsAre("trois mois"));
  EXPECT_THAT(analyze("What is the tenant's 'duty'?").phrases, IsEmpty());
  EXPECT_THAT(analyze("מה אמר עו\"ד כהן?").phrases, IsEmpty());
}

TEST(Question, LooksForFunctionWordsOfAPhrase) {
  const Question question = analyze("\"to be or not to be\"");
  EXPECT_FALSE(question.isEmpty());
  EXPECT_THAT(question.searchWords, ElementsAre("to be or not to be", "to", "be", "or", "not"));
}

TEST(Question, IsEmptyWithoutContent) {
  EXPECT_TRUE(analyze("What is it?").isEmpty());
  EXPECT_TRUE(analyze("").isEmpty());
  EXPECT_TRUE(analyze("?!…").isEmpty());
}

TEST(Question, FollowsTheWordsThatItHasNot) {
  const auto next = [](std::string_view question, std::string_view sentence) {
    return followUp(question, sentence, [](std::string_view) { return 1.0; }).searchWords;
  };
  EXPECT_THAT(next("Who heads the company where Ann works?", "Ann works for Sesken."),
              ElementsAre("sesken"));
  EXPECT_THAT(next("Who heads the mills of Hull?", "Sesken owns the mill in Hull."),
              ElementsAre("sesken", "owns"));
  EXPECT_THAT(next("Is the mill of Hull old?", "The mill of Hull is old."), IsEmpty());
}

}  // namespace
}  // namespace lectern
