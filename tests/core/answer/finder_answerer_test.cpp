// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_answerer.h"

#include "core/answer/citation_resolver.h"
#include "core/base/file.h"
#include "tests/core/answer/answering_fixture.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using test::Heard;

/// A Finder with random weights: its verdicts mean nothing, so that the threshold decides.
class FinderAnswererTest : public test::AnsweringTest {
 protected:
  AnswerModel open(double threshold, double guardLoss = 0, int64_t window = 262'144) {
    nlohmann::json config = tiny_model::miniConfig();
    config["vocab_size"] = 640;
    config["max_position_embeddings"] = window;
    const std::filesystem::path path = models.path() / "finder";
    EXPECT_TRUE(tiny_model::write(path, config));
    auto json =
        parseJson(readFile(test::fixture("finder/prompts.json"), 1 << 20).value(), "").value();
    json["layout"]["verdict_threshold"] = threshold;
    json["layout"]["guard_loss"] = guardLoss;
    EXPECT_TRUE(writeFileAtomically(path / "tokenizer.json", json["tokenizer"].dump()));
    EXPECT_TRUE(writeFileAtomically(path / "layout.json", json["layout"].dump()));
    EngineOptions options;
    options.backend = "reference";
    return std::move(*AnswerModel::open(path, options, {}));
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
