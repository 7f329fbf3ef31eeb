// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_evaluation.h"

#include "tests/core/answer/finder_fixture.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <cmath>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

constexpr std::string_view kLine =
    R"({"set": "facts", "kind": "facts", "validation": false, "question": "Who owns the mill of Hull?",
        "segments": ["Ann Moss owns the mill of Hull.", "The mill of Hull is old.",
                     "Ann Moss owns the mill of Halle."],
        "gold": [0], "absent": false, "ranked": true})";

ScoredTask scored(std::vector<FinderOptionScore> scores,
                  std::vector<size_t> gold,
                  bool forChoosing = false) {
  ScoredTask one;
  one.task.kind = one.task.set = "facts";
  one.task.absent = gold.empty();
  one.task.gold = std::move(gold);
  one.task.forChoosing = forChoosing;
  one.scores = std::move(scores);
  return one;
}

TEST(FinderEvaluation, ReadsATask) {
  const Result<FinderTask> task = parseFinderTask(kLine, 1);
  ASSERT_TRUE(task) << task.error().message;
  EXPECT_EQ(task->question, "Who owns the mill of Hull?");
  EXPECT_EQ(task->segments.size(), 3U);
  EXPECT_THAT(task->gold, ElementsAre(0U));
  EXPECT_TRUE(task->ranked);
  EXPECT_TRUE(task->rest.empty()) << "which may be left out";
}

TEST(FinderEvaluation, TheRestMayAnswer) {
  std::string line(kLine);
  line.replace(line.find("[0]"), 3, R"([3], "rest": ["Cy Roe bought the mill."], "whole": true)");
  const Result<FinderTask> task = parseFinderTask(line, 1);
  ASSERT_TRUE(task) << task.error().message;
  EXPECT_THAT(task->gold, ElementsAre(3U));
  EXPECT_TRUE(task->whole);
  FinderLayout layout;
  layout.verdictThreshold = -3;
  layout.furtherThreshold = 1;
  const FinderHeard heard{{-4, -5, -6}, finderSigns(task->question, task->segments), {{3, 1.5}}};
  const ScoredTask scored{*task, finderScores(layout, heard)};
  EXPECT_THAT(scored.choice(layout.verdictThreshold), Optional(3U));
  EXPECT_TRUE(scored.isRight(layout.verdictThreshold));
}

TEST(FinderEvaluation, LooksAsTheProgramDoes) {
  test::TemporaryFolder folder;
  AnswerModel model = test::openTinyFinder(
      folder.path(), {{"verdict_threshold", test::kNever}, {"further_threshold", test::kNever}});
  std::string line(kLine);
  line.replace(line.find("[0]"), 3, R"([], "rest": ["Moss keeps bees.", "It rains."])");
  const auto further = [&](const std::string& task) {
    std::vector<size_t> places;
    const auto heard = hearFinder(model, *parseFinderTask(task, 1), {});
    EXPECT_TRUE(heard);
    EXPECT_EQ(heard->verdicts.size(), 3U);
    for (const auto& [place, verdict] : heard->further) places.push_back(place);
    return places;
  };
  EXPECT_THAT(further(line), ElementsAre(0U, 3U)) << "the leading segment, and who is in it";
  line.replace(line.find("\"rest\""), 6, R"("whole": true, "rest")");
  EXPECT_THAT(further(line), ElementsAre(0U, 3U, 4U)) << "then all the rest";
}

TEST(FinderEvaluation, RefusesATaskThatIsNone) {
  EXPECT_THAT(parseFinderTask("{", 7).error().message, HasSubstr("Line 7"));
  EXPECT_THAT(parseFinderTask("{}", 7).error().message, HasSubstr("Line 7"));
  std::string outside(kLine);
  outside.replace(outside.find("[0]"), 3, "[3]");
  EXPECT_THAT(parseFinderTask(outside, 7).error().message, HasSubstr("none of its segments"));
}

TEST(FinderEvaluation, TheSearchTakesNothingThatLacksAName) {
  const auto scores = searchScores(*parseFinderTask(kLine, 1));
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_EQ(scores[0].first, 0U);
  EXPECT_GT(scores[0].second, 0.9);
  EXPECT_TRUE(std::ranges::any_of(
      scores, [](const auto& score) { return score.first == 2 && std::isinf(score.second); }));
}

TEST(FinderEvaluation, TheFirstThatComesToTheThresholdIsChosen) {
  const ScoredTask one = scored({{2, 1.5}, {0, 0.5}}, {0});
  EXPECT_THAT(one.choice(1.0), Optional(2U));
  EXPECT_FALSE(one.choice(2.0));
  EXPECT_FALSE(one.isRight(1.0));
  EXPECT_TRUE(scored({{2, 1.5}, {0, 0.5}}, {}).isRight(2.0));
  // Something answers, but the segments do not show it.
  ScoredTask missed = scored({{0, 1.0}}, {});
  missed.task.absent = false;
  EXPECT_FALSE(missed.isRight(0));
  EXPECT_FALSE(missed.isRight(2));
}

TEST(FinderEvaluation, ChoosesTheThresholdOnTheTasksForIt) {
  std::vector<ScoredTask> tasks = {scored({{0, 3.0}}, {0}, true), scored({{0, 2.0}}, {0}, true),
                                   scored({{0, 1.0}}, {}, true),  scored({{0, 1.0}}, {0}),
                                   scored({{0, 1.0}}, {0}),       scored({{0, 1.0}}, {0})};
  EXPECT_DOUBLE_EQ(chooseThreshold(tasks), 2.0);
  const FinderGates gates = gatesOf(tasks, 2.0);
  EXPECT_EQ(gates.all.of, 3) << "those are not counted";
  EXPECT_EQ(gates.all.right, 0);
}

TEST(FinderEvaluation, CountsTheGates) {
  const std::vector<ScoredTask> tasks = {scored({{0, 1.0}}, {0}), scored({{0, 1.0}}, {1}),
                                         scored({{0, 0.0}}, {0}), scored({{0, 0.0}}, {}),
                                         scored({{0, 1.0}}, {})};
  const FinderGates gates = gatesOf(tasks, 0.5);
  const auto share = [](const Share& one) { return std::pair(one.right, one.of); };
  EXPECT_EQ(share(gates.all), std::pair(int64_t{2}, int64_t{5}));
  EXPECT_EQ(share(gates.facts), std::pair(int64_t{1}, int64_t{3}));
  EXPECT_EQ(share(gates.precision), std::pair(int64_t{1}, int64_t{2}));
  EXPECT_EQ(share(gates.recall), std::pair(int64_t{1}, int64_t{2}));
  EXPECT_EQ(share(gates.support), std::pair(int64_t{1}, int64_t{5}));
  EXPECT_EQ(share(gates.kinds.at("facts, absent")), std::pair(int64_t{1}, int64_t{2}));
}

// Wilson's interval for 81 of 263, as Brown, Cai and DasGupta's formula gives it by hand.
TEST(FinderEvaluation, GivesWilsonsInterval) {
  const auto [low, high] = Share{81, 263}.interval();
  EXPECT_NEAR(low, 0.2553, 2e-4);
  EXPECT_NEAR(high, 0.3662, 2e-4);
  EXPECT_EQ(Share{}.value(), 0);
}

TEST(FinderEvaluation, TheGainIsThatOfTheSameTasks) {
  const std::vector<ScoredTask> base = {scored({{0, 1.0}}, {1}), scored({{0, 1.0}}, {0}),
                                        scored({{0, 1.0}}, {1}), scored({{0, 1.0}}, {0})};
  const std::vector<ScoredTask> better = {scored({{1, 1.0}}, {1}), scored({{0, 1.0}}, {0}),
                                          scored({{0, 1.0}}, {1}), scored({{0, 1.0}}, {0})};
  const auto [gain, half] = gainOver(base, 0, better, 0);
  EXPECT_DOUBLE_EQ(gain, 0.25);
  EXPECT_NEAR(half, 1.96 * std::sqrt((0.25 - 0.0625) / 4), 1e-12);
  EXPECT_EQ(gainOver(base, 0, base, 0).first, 0);
}

TEST(FinderEvaluation, WritesTheSignsOfATask) {
  const FinderTask task = *parseFinderTask(kLine, 1);
  const FinderHeard heard{{1.5, -2, 0}, finderSigns(task.question, task.segments), {{2, 0.5}}};
  const nlohmann::json line = nlohmann::json::parse(signsLine(task, heard));
  EXPECT_THAT(line.at("verdicts"), ElementsAre(1.5, -2, 0));
  EXPECT_THAT(line.at("lacks"), ElementsAre(false, false, true));
  EXPECT_EQ(line.at("coverage").size(), 3U);
  EXPECT_EQ(line.at("further").dump(), "[[2,0.5]]");
  EXPECT_THAT(line.at("gold"), ElementsAre(0));
  EXPECT_FALSE(line.at("bare").get<bool>());
  EXPECT_FALSE(line.at("validation").get<bool>());
}

}  // namespace
}  // namespace lectern
