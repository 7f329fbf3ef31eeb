// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_answerer.h"

#include "core/answer/citation_resolver.h"
#include "core/answer/finder_looks.h"
#include "tests/core/answer/answering_fixture.h"
#include "tests/core/answer/finder_fixture.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using test::Heard;
using test::kAlways;
using test::kNever;

class FinderAnswererTest : public test::AnsweringTest {
 protected:
  AnswerModel open(double threshold, double guardLoss = 0, int64_t window = 262'144) {
    return open({{"verdict_threshold", threshold}, {"guard_loss", guardLoss}}, window);
  }
  /// Nothing but what search finds answers, unless `layout` says otherwise.
  AnswerModel open(nlohmann::json layout, int64_t window = 262'144) {
    layout.emplace("further_threshold", kNever);
    return test::openTinyFinder(models.path(), layout, window);
  }

  Heard ask(AnswerModel& model, std::string_view question, std::stop_token stop = {}) {
    Heard heard;
    const AnswerSink sink = [&](const AnswerEvent& event) { heard.take(event); };
    const Result<void> answered =
        answerWithFinder(*library, model, question, revisions, {}, sink, std::move(stop));
    if (!answered) heard.failed = answered.error();
    return heard;
  }

  test::TemporaryFolder models;
  std::vector<RevisionId> revisions{lease, manual};
};

TEST_F(FinderAnswererTest, QuotesWhatComesToTheThreshold) {
  AnswerModel model = open(-1e9);
  ASSERT_TRUE(model.finder);
  const Heard heard = ask(model, "How much is the deposit?");
  ASSERT_TRUE(heard.finished) << heard.failed->message;
  EXPECT_TRUE(heard.finished->found);
  ASSERT_FALSE(heard.claims.empty());
  for (const Claim& claim : heard.claims) {
    EXPECT_EQ(claim.grade, Grade::Verbatim);
    ASSERT_EQ(claim.citations.size(), 1U);
    EXPECT_EQ(claim.citations[0].method, CitationMethod::Quote);
    EXPECT_EQ(claim.citations[0].quote, heard.wordsOf(claim));
  }
  EXPECT_TRUE(heard.finished->reading.shortlisted);
  EXPECT_LE(heard.finished->reading.segmentsShown, 8);
  EXPECT_EQ(heard.prefilled.back(), heard.finished->reading.tokensShown);
}

TEST_F(FinderAnswererTest, ACellThatOnlyRepeatsTheQuestionIsNoAnswer) {
  AnswerModel model = open(-1e9);
  const std::string question = "How much is the deposit?";
  const int64_t shown = ask(model, question).finished->reading.segmentsShown;
  revisions.push_back(test::addDocument(
      *library, test::DocumentBuilder("Table").paragraph("The deposit.").paragraph("Much.")));
  EXPECT_EQ(ask(model, question).finished->reading.segmentsShown, shown);
  revisions.push_back(test::addDocument(
      *library, test::DocumentBuilder("Table 2").paragraph("The deposit: 1,720.")));
  EXPECT_EQ(ask(model, question).finished->reading.segmentsShown, shown + 1);
}

TEST_F(FinderAnswererTest, SaysWhereNothingComesToIt) {
  AnswerModel model = open(1e9);
  const Heard heard = ask(model, "How much is the deposit?");
  ASSERT_TRUE(heard.finished) << heard.failed->message;
  EXPECT_FALSE(heard.finished->found);
  ASSERT_FALSE(heard.finished->nearest.empty());
  EXPECT_EQ(heard.finished->nearest[0].citation.quote, "The deposit is 1,720 crowns.");
  ASSERT_EQ(heard.claims.size(), 1U);
  EXPECT_EQ(heard.claims[0].grade, Grade::NotFound);
}

TEST_F(FinderAnswererTest, ANameOfTheQuestionThatASentenceLacksCountsAgainstIt) {
  AnswerModel model = open(-1e6, 1e9);
  EXPECT_FALSE(ask(model, "How much is the deposit of Naples?").finished->found);
  EXPECT_TRUE(ask(model, "How much is the deposit?").finished->found);
  AnswerModel mild = open(-1e6, 0);
  const Heard heard = ask(mild, "How much is the deposit of Naples?");
  ASSERT_TRUE(heard.finished->found);
  EXPECT_EQ(heard.claims[0].grade, Grade::Related);
  EXPECT_THAT(heard.claims[0].missing, ::testing::ElementsAre("Naples"));
}

TEST_F(FinderAnswererTest, FollowsASentenceToOneWithoutAWordOfTheQuestion) {
  const auto add = [&](std::string title, std::string_view text) {
    return test::addDocument(*library, test::DocumentBuilder(std::move(title)).paragraph(text));
  };
  revisions = {add("Staff", "Lena Kenu earns her money at the Sesken works."),
               add("Heads", "Viktor Gremek heads Sesken.")};
  const std::string question = "Which director belongs to the company of Lena Kenu?";
  AnswerModel model = open({{"verdict_threshold", kNever}, {"further_threshold", kAlways}});
  const Heard heard = ask(model, question);
  ASSERT_TRUE(heard.finished) << heard.failed->message;
  EXPECT_TRUE(heard.finished->found);
  EXPECT_EQ(heard.finished->reading.segmentsShown, 2);
  EXPECT_EQ(heard.finished->reading.pagesShown, 2);
  EXPECT_EQ(heard.prefilled.back(), heard.finished->reading.tokensShown);
  EXPECT_EQ(heard.claims[0].grade,
            heard.text.starts_with("Lena Kenu") ? Grade::Verbatim : Grade::Related);
  AnswerModel strict = open(kNever);
  EXPECT_FALSE(ask(strict, question).finished->found);
}

TEST_F(FinderAnswererTest, ReadsAShortDocumentWhereSearchFindsNothing) {
  AnswerModel model = open({{"verdict_threshold", kAlways}, {"further_threshold", kAlways}});
  const Heard heard = ask(model, "Which sum secures the landlord?");
  ASSERT_TRUE(heard.finished) << heard.failed->message;
  EXPECT_TRUE(heard.finished->found);
  test::DocumentBuilder book("Book");
  for (int64_t i = 0; i <= kShortReading; ++i) {
    if (i % 8 == 7) book.newPage();
    book.paragraph("Chapter " + std::to_string(i) + " is about bees.");
  }
  revisions.push_back(test::addDocument(*library, book));
  const Heard lost = ask(model, "Which sum secures the landlord?");
  ASSERT_TRUE(lost.finished) << lost.failed->message;
  EXPECT_FALSE(lost.finished->found);
  EXPECT_EQ(lost.finished->reading.tokensShown, 0);
}

TEST_F(FinderAnswererTest, RefusesWhatItCannotAnswer) {
  AnswerModel model = open(0, 0, 64);
  EXPECT_EQ(ask(model, "How much is the deposit?").failed->code, ErrorCode::DoesNotFit);
  AnswerModel wide = open(0);
  EXPECT_EQ(ask(wide, "What is it?").failed->code, ErrorCode::Usage);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(ask(wide, "How much is the deposit?", stop.get_token()).failed->code,
            ErrorCode::Cancelled);
}

}  // namespace
}  // namespace lectern
