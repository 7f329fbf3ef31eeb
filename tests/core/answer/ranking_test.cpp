// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Question question(std::string_view text) {
  return analyzeQuestion(text, [](std::string_view) { return 1.0; });
}

Candidate candidate(std::string text, std::string header = {}) {
  Candidate result;
  result.text = std::move(text);
  result.header = std::move(header);
  return result;
}

TEST(Ranking, PutsTheCandidateWithMoreOfTheQuestionFirst) {
  const auto judged = rank(question("lease notice period"),
                           {candidate("The notice is on the door."), candidate("A long lease."),
                            candidate("The notice period of the lease is three months.")});
  ASSERT_EQ(judged.size(), 3U);
  EXPECT_EQ(judged[0].candidate, 2);
  EXPECT_DOUBLE_EQ(judged[0].coverage, 1);
}

TEST(Ranking, CountsTheHeaderForHalf) {
  const auto judged =
      rank(question("lease deposit"), {candidate("The deposit is two rents.", "Lease › Money")});
  ASSERT_EQ(judged.size(), 1U);
  EXPECT_DOUBLE_EQ(judged[0].coverage, 0.75);
  EXPECT_DOUBLE_EQ(judged[0].signs.own, 0.5);
}

TEST(Ranking, DemandsQuotedPhrasesAsTheyStand) {
  const auto judged = rank(question("what of \"two rents\""),
                           {candidate("Rents for two."), candidate("It is Two  Rents."),
                            candidate("Ninety-two rentsome.")});
  ASSERT_EQ(judged.size(), 3U);
  EXPECT_EQ(judged[0].candidate, 1);
  EXPECT_TRUE(judged[0].hasPhrases);
  EXPECT_FALSE(judged[1].hasPhrases);
  EXPECT_FALSE(judged[2].hasPhrases);
}

TEST(Ranking, NamesTheGuardedWordsThatAreMissing) {
  const auto judged = rank(question("what did Ann Miller not pay in 2019"),
                           {candidate("Ann Miller paid the rent.", "Accounts of 2018")});
  ASSERT_EQ(judged.size(), 1U);
  EXPECT_THAT(judged[0].missingGuarded, ElementsAre("2019", "not"));
  const auto whole = rank(question("what did Ann Miller not pay in 2019"),
                          {candidate("Ann Miller did not pay.", "Accounts of 2019")});
  EXPECT_THAT(whole[0].missingGuarded, IsEmpty());
}

}  // namespace
}  // namespace lectern
