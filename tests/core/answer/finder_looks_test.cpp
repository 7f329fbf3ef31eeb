// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_looks.h"

#include "tests/core/answer/finder_fixture.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using test::kAlways;
using test::kNever;
using testing::ElementsAre;
using testing::IsEmpty;

/// Two sentences that a search finds, one that it finds for what it is told next, and ten others.
class Places : public FinderPlaces {
 public:
  Result<std::vector<size_t>> shortlist(size_t limit) override {
    EXPECT_EQ(limit, kFinderSentences);
    return found;
  }
  Result<std::vector<size_t>> search(const Question& next, size_t limit) override {
    EXPECT_EQ(limit, kFinderSentences - 1);
    searched = next.searchWords;
    return behind;
  }
  Result<std::vector<size_t>> rest() override { return others; }
  [[nodiscard]] FinderSentence sentence(size_t place) const override {
    const std::string text = place < texts.size() ? texts[place] : "Rye has two wells.";
    NumberedSegment part;
    part.segment.span = {0, static_cast<int64_t>(text.size())};
    return {RevisionId{1}, {part}, {text}};
  }

  std::vector<std::string> texts = {"The mill is old.", "Ann Moss works at Sesken.",
                                    "Rosa Nizis heads Sesken."};
  std::vector<size_t> found = {0, 1};
  std::vector<size_t> behind = {2};
  std::vector<size_t> others = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  std::vector<std::string> searched;
};

class FinderLooks : public ::testing::Test {
 protected:
  Result<std::optional<FinderLook>> look(double threshold, double further) {
    AnswerModel model = test::openTinyFinder(
        folder.path(), {{"verdict_threshold", threshold}, {"further_threshold", further}});
    FinderInquiry inquiry{.question = "Who is the head where Ann Moss works?",
                          .weight = [](std::string_view) { return 1.0; }};
    inquiry.looked = [&](const FinderLook& one) {
      looks.push_back(one.places);
      tokens += static_cast<int64_t>(one.prompt.context.tokens.size());
      if (looks.size() == stopBehind) stop.request_stop();
    };
    inquiry.progress = [&](int64_t done, int64_t total) {
      EXPECT_GE(done, doneBefore);
      EXPECT_LE(done, total);
      doneBefore = done;
    };
    return lookForAnswer(model, inquiry, places, stop.get_token());
  }

  test::TemporaryFolder folder;
  Places places;
  std::vector<std::vector<size_t>> looks;
  int64_t tokens = 0;
  int64_t doneBefore = 0;
  std::stop_source stop;
  size_t stopBehind = 0;
};

TEST_F(FinderLooks, OneIsEnoughWhereTheSearchAnswers) {
  const auto last = look(kAlways, kAlways);
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_TRUE((*last)->answers());
  EXPECT_FALSE((*last)->led);
  EXPECT_THAT(looks, ElementsAre(ElementsAre(0U, 1U)));
}

TEST_F(FinderLooks, TheSecondFollowsTheSentenceWithTheNames) {
  const auto last = look(kNever, kAlways);
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_TRUE((*last)->answers());
  EXPECT_TRUE((*last)->led);
  EXPECT_THAT(looks, ElementsAre(ElementsAre(0U, 1U), ElementsAre(1U, 2U)));
  EXPECT_THAT(places.searched, ElementsAre("sesken"));
  EXPECT_EQ(doneBefore, tokens);
}

TEST_F(FinderLooks, ThenTheRestIsRead) {
  const auto last = look(kNever, kNever);
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_FALSE((*last)->answers());
  EXPECT_THAT(looks,
              ElementsAre(ElementsAre(0U, 1U), ElementsAre(1U, 2U),
                          ElementsAre(3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U), ElementsAre(11U, 12U)));
}

TEST_F(FinderLooks, TheRestIsReadToTheFirstThatAnswers) {
  places.behind.clear();
  const auto last = look(kNever, kAlways);
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_FALSE((*last)->led);
  EXPECT_EQ(looks.size(), 2U);
  EXPECT_THAT((*last)->places, ElementsAre(3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U));
}

TEST_F(FinderLooks, WhereTheSearchFindsNothingTheRestIsAllThereIs) {
  places.found.clear();
  ASSERT_TRUE(look(kAlways, kAlways));
  EXPECT_THAT(looks, ElementsAre(ElementsAre(3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U)));
  EXPECT_THAT(places.searched, IsEmpty());
  looks.clear();
  places.others.clear();
  const auto none = look(kAlways, kAlways);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
}

TEST_F(FinderLooks, StopsBetweenTwoLooks) {
  for (stopBehind = 1; stopBehind < 4; ++stopBehind) {
    stop = std::stop_source();
    looks.clear();
    doneBefore = 0;
    EXPECT_EQ(look(kNever, kNever).error().code, ErrorCode::Cancelled);
    EXPECT_EQ(looks.size(), stopBehind);
  }
}

}  // namespace
}  // namespace lectern
