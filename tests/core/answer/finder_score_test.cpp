// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_score.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

const std::vector<std::string> kSegments = {"Ann Moss owns the mill of Hull.", "The mill is old.",
                                            "Ann Moss owns a boat."};

FinderLayout layout() {
  FinderLayout layout;
  layout.guardLoss = 8;
  layout.coverageWeight = 2;
  layout.bareCoverageWeight = 4;
  layout.bareLoss = 3;
  return layout;
}

TEST(FinderScore, ANameMustStandInTheSegment) {
  const FinderSigns signs = finderSigns("Who owns the mill of Hull?", kSegments);
  EXPECT_FALSE(signs.bare);
  EXPECT_THAT(signs.lacks, ElementsAre(false, true, true));
}

TEST(FinderScore, CoverageCountsRareWordsMore) {
  const FinderSigns signs = finderSigns("old boat mill", kSegments);
  EXPECT_TRUE(signs.bare);
  ASSERT_EQ(signs.coverage.size(), 3U);
  EXPECT_GT(signs.coverage[2], signs.coverage[0]) << "of the boat is said once, of the mill twice";
  EXPECT_GT(signs.coverage[1], signs.coverage[2]) << "two of the three words";
  EXPECT_LT(signs.coverage[1], 1);
}

TEST(FinderScore, AQuestionWithANameLosesWhereItIsMissing) {
  const FinderSigns signs{false, {false, true}, {1, 0.5}};
  EXPECT_THAT(finderWeighed(layout(), signs, {1, 1}), ElementsAre(DoubleEq(3), DoubleEq(-6)));
}

TEST(FinderScore, AQuestionWithoutANameHasWeightsOfItsOwn) {
  const FinderSigns signs{true, {false, false}, {1, 0.5}};
  EXPECT_THAT(finderWeighed(layout(), signs, {1, 1}), ElementsAre(DoubleEq(2), DoubleEq(0)));
}

TEST(FinderScore, TheFirstSegmentWithAllNamesLeads) {
  EXPECT_EQ(leadingSegment({false, {true, false, false}, {1, 0.5, 0.5}}), 1U);
  EXPECT_EQ(leadingSegment({false, {true, true}, {0.5, 1}}), 0U);
  EXPECT_EQ(leadingSegment({true, {false, false}, {0.5, 1}}), 0U);
}

TEST(FinderScore, NothingIsCoveredByAQuestionOfFunctionWords) {
  EXPECT_THAT(finderSigns("what is it", kSegments).coverage, ElementsAre(0, 0, 0));
}

}  // namespace
}  // namespace lectern
