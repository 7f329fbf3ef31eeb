// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

double evenWeight(std::string_view /*word*/) {
  return 1;
}

Evidence grade(std::string_view claim, const std::vector<std::string>& texts) {
  std::vector<Source> sources;
  for (const std::string& text : texts) sources.push_back({text, 0});
  return gradeClaim(claim, sources, evenWeight);
}

const std::string kNotice =
    "Either party may end the lease with three months' notice to the end of a calendar quarter.";

TEST(Evidence, CallsEightWordsInARowVerbatim) {
  const Evidence evidence =
      grade("Either party may end the lease with three months' notice.", {kNotice});
  EXPECT_EQ(evidence.grade, Grade::Verbatim);
  EXPECT_GE(evidence.exactWords, 9);
  EXPECT_DOUBLE_EQ(evidence.coverage, 1);
  EXPECT_THAT(evidence.missing, IsEmpty());
}

TEST(Evidence, CallsAParaphraseMatched) {
  const Evidence evidence = grade("The lease ends with three months of notice.", {kNotice});
  EXPECT_EQ(evidence.grade, Grade::Matched);
  ASSERT_EQ(evidence.supports.size(), 1U);
  EXPECT_EQ(evidence.supports[0].source, 0);
}

TEST(Evidence, CapsAWrongNumberAtRelated) {
  const Evidence evidence = grade(
      "Either party may end the lease with 6 months' notice to the end of a quarter.", {kNotice});
  EXPECT_EQ(evidence.grade, Grade::Related);
  EXPECT_THAT(evidence.missing, ElementsAre("6"));
}

TEST(Evidence, CapsAWrongNumberWordAtRelated) {
  const Evidence evidence = grade(
      "Either party may end the lease with six months' notice to the end of a quarter.", {kNotice});
  EXPECT_EQ(evidence.grade, Grade::Related);
  EXPECT_THAT(evidence.missing, ElementsAre("six"));
}

TEST(Evidence, CapsAWrongNameAtRelated) {
  const std::string source = "The project was founded in 1993 by Ian Murdock at the university.";
  EXPECT_EQ(grade("The project was founded in 1993 by Ian Murdock.", {source}).grade,
            Grade::Verbatim);
  const Evidence wrong = grade("The project was founded in 1993 by Ian Walker.", {source});
  EXPECT_EQ(wrong.grade, Grade::Related);
  EXPECT_THAT(wrong.missing, ElementsAre("Walker"));
}

TEST(Evidence, CapsALostNegationAtRelated) {
  const std::string source = "The tenant must not sublet the flat to guests.";
  const Evidence lost = grade("The tenant must sublet the flat to guests.", {source});
  EXPECT_EQ(lost.grade, Grade::Related);
  EXPECT_THAT(lost.missing, ElementsAre("not"));
  EXPECT_EQ(grade("The tenant must not sublet the flat to guests.", {source}).grade,
            Grade::Verbatim);
}

// The window that keeps the words of the claim would leave out the "not" before it.
TEST(Evidence, LooksForNegationsInTheWholeSourceAndNotInItsCut) {
  const std::string source =
      "It is not the case, whatever the earlier drafts of this agreement or the letters that were "
      "exchanged before it was signed may seem to suggest to a reader of today, that the landlord "
      "repairs the heating of the flat.";
  const Evidence evidence = grade("The landlord repairs the heating of the flat.", {source});
  EXPECT_EQ(evidence.grade, Grade::Related);
  EXPECT_THAT(evidence.missing, ElementsAre("not"));
  ASSERT_EQ(evidence.supports.size(), 1U);
  const TextSpan cut = evidence.supports[0].span;
  EXPECT_EQ(source.substr(static_cast<size_t>(cut.begin), static_cast<size_t>(cut.length())),
            "landlord repairs the heating of the flat");
}

TEST(Evidence, TakesTheFewestSourcesThatCoverTheClaim) {
  const Evidence evidence = grade("The deposit is two rents and the notice is three months.",
                                  {"The weather was fine.", "The deposit amounts to two rents.",
                                   "A notice takes three months.", "A deposit is kept."});
  EXPECT_EQ(evidence.grade, Grade::Matched);
  ASSERT_EQ(evidence.supports.size(), 2U);
  EXPECT_EQ(evidence.supports[0].source + evidence.supports[1].source, 3);
}

TEST(Evidence, TakesAnotherSourceForANumberThatOnlyItHas) {
  const Evidence evidence = grade(
      "The committee of the association meets in the large hall beside the old library every "
      "autumn, last time with 47 guests from abroad.",
      {"The committee of the association meets in the large hall beside the old library every "
       "autumn with guests from abroad, as last time.",
       "There were 47 of them."});
  EXPECT_THAT(evidence.missing, IsEmpty());
  EXPECT_EQ(evidence.supports.size(), 2U);
}

TEST(Evidence, FindsNoSourceForWhatIsNotThere) {
  const Evidence evidence = grade("Penguins swim in cold water.", {kNotice});
  EXPECT_EQ(evidence.grade, Grade::Uncited);
  EXPECT_THAT(evidence.supports, IsEmpty());
  EXPECT_EQ(grade("Penguins swim in cold water.", {}).grade, Grade::Uncited);
}

TEST(Evidence, ExemptsQuestionsAndEmptyPhrases) {
  EXPECT_EQ(grade("Shall I look for the lease?", {kNotice}).grade, Grade::Exempt);
  EXPECT_EQ(grade("هل العقد صالح؟", {kNotice}).grade, Grade::Exempt);
  EXPECT_EQ(grade("It is as you have it.", {kNotice}).grade, Grade::Exempt);
  EXPECT_EQ(grade("", {kNotice}).grade, Grade::Exempt);
}

TEST(Evidence, WorksInOtherLanguages) {
  EXPECT_EQ(grade("Die Kündigungsfrist beträgt drei Monate.",
                  {"Die Kündigungsfrist beträgt für beide Seiten drei Monate."})
                .grade,
            Grade::Matched);
  EXPECT_EQ(grade("Die Kündigungsfrist beträgt zwei Monate.",
                  {"Die Kündigungsfrist beträgt für beide Seiten drei Monate."})
                .grade,
            Grade::Related);
  EXPECT_EQ(grade("החוזה נחתם בשנת 1993", {"בשנת 1993 נחתם חוזה בין הצדדים"}).grade,
            Grade::Matched);
  EXPECT_EQ(grade("החוזה נחתם בשנת 1994", {"בשנת 1993 נחתם חוזה בין הצדדים"}).grade,
            Grade::Related);
}

}  // namespace
}  // namespace lectern
