// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/text_rank.h"

#include <gtest/gtest.h>

#include <numeric>

namespace lectern {
namespace {

TEST(TextRank, RanksTheSentenceThatSharesWordsWithTheOthersFirst) {
  const std::vector<std::vector<int32_t>> sentences = {{1, 2}, {1, 3, 5}, {3, 4}, {5, 6}, {7, 8}};
  const std::vector<double> rank = textRank(weigh(sentences));
  for (size_t i = 0; i < rank.size(); ++i) {
    if (i != 1) {
      EXPECT_GT(rank[1], rank[i]) << i;
    }
  }
  EXPECT_LT(rank[4], rank[0]);
}

TEST(TextRank, GivesEqualSentencesEqualRank) {
  const std::vector<double> rank = textRank(weigh({{1, 2}, {1, 2}, {1, 2}}));
  EXPECT_NEAR(rank[0], rank[1], 1e-9);
  EXPECT_NEAR(rank[1], rank[2], 1e-9);
}

TEST(TextRank, TakesOneSentenceAndNone) {
  EXPECT_TRUE(textRank({}).empty());
  EXPECT_EQ(textRank(weigh({{1, 2}})).size(), 1U);
  EXPECT_EQ(textRank(weigh({{}, {1}})).size(), 2U);
}

TEST(TextRank, MeasuresTheAngleBetweenSentences) {
  const auto vectors = weigh({{1, 2, 3}, {3, 2, 1}, {4, 5}, {1, 4}});
  EXPECT_NEAR(cosine(vectors[0], vectors[1]), 1, 1e-6);
  EXPECT_EQ(cosine(vectors[0], vectors[2]), 0);
  EXPECT_GT(cosine(vectors[0], vectors[3]), 0);
}

}  // namespace
}  // namespace lectern
