// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/model_answerer.h"

#include "core/answer/citation_resolver.h"
#include "core/base/utf8.h"
#include "tests/core/answer/answering_fixture.h"
#include "tests/support/answer_model_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace lectern {
namespace {

using test::Heard;
using test::TinyAnswerModel;
using test::TinyFamily;
using ::testing::HasSubstr;

class ModelAnswererTest : public test::AnsweringTest {
 protected:
  AnswerModel open(const TinyAnswerModel& folder) {
    EngineOptions options;
    options.backend = "reference";
    Result<AnswerModel> model = AnswerModel::open(folder.path(), options, {});
    EXPECT_TRUE(model) << model.error().message;
    return std::move(*model);
  }

  static Heard ask(ModelAnswerer& answerer,
                   std::string_view question,
                   const std::vector<RevisionId>& scope,
                   const ModelAnswerOptions& options) {
    Heard heard;
    answerer.answer(question, scope, options, [&](const AnswerEvent& event) { heard.take(event); },
                    {});
    EXPECT_EQ(heard.ends, 1);
    return heard;
  }

  static ModelAnswerOptions drawn(uint64_t seed, int64_t tokens = 120) {
    ModelAnswerOptions options;
    options.maxTokens = tokens;
    options.sampler.temperature = 1.5;
    options.sampler.seed = seed;
    return options;
  }
};

// Every byte of the text but white space belongs to exactly one claim, in order.
void expectEverySentenceGradedOnce(const Heard& heard) {
  int64_t at = 0;
  for (const Claim& claim : heard.claims) {
    EXPECT_GE(claim.span.begin, at);
    EXPECT_LT(claim.span.begin, claim.span.end);
    const std::string between =
        heard.text.substr(static_cast<size_t>(at), static_cast<size_t>(claim.span.begin - at));
    EXPECT_EQ(between.find_first_not_of(" \t\n"), std::string::npos) << between;
    at = claim.span.end;
  }
  EXPECT_EQ(heard.text.find_first_not_of(" \t\n", static_cast<size_t>(at)), std::string::npos);
}

TEST_F(ModelAnswererTest, EveryFamilyReadsAnswersAndGradesEachSentenceOnce) {
  for (const TinyFamily family :
       {TinyFamily::Bytes, TinyFamily::Base, TinyFamily::Jamba1, TinyFamily::Jamba2}) {
    const TinyAnswerModel folder(family);
    AnswerModel model = open(folder);
    ModelAnswerer answerer(*library, model);
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      const Heard heard = ask(answerer, "How much is the deposit?", {lease, manual}, drawn(seed));
      ASSERT_TRUE(heard.finished) << heard.failed->message;
      EXPECT_TRUE(utf8::isValid(heard.text));
      expectEverySentenceGradedOnce(heard);
      EXPECT_EQ(heard.finished->reading.engine, "tiny");
      EXPECT_EQ(heard.finished->reading.documents, 2);
      EXPECT_EQ(heard.finished->reading.pagesShown, 3);
      EXPECT_EQ(heard.finished->reading.segmentsShown, heard.finished->reading.segments);
      EXPECT_FALSE(heard.finished->reading.shortlisted);
    }
  }
}

TEST_F(ModelAnswererTest, TheSameSeedGivesTheSameAnswerAndAnotherOneAnother) {
  const TinyAnswerModel folder(TinyFamily::Jamba2);
  AnswerModel model = open(folder);
  ModelAnswerer first(*library, model);
  ModelAnswerer second(*library, model);
  const Heard one = ask(first, "How much is the deposit?", {lease}, drawn(7));
  EXPECT_EQ(one.text, ask(second, "How much is the deposit?", {lease}, drawn(7)).text);
  EXPECT_NE(one.text, ask(second, "How much is the deposit?", {lease}, drawn(8)).text);
}

TEST_F(ModelAnswererTest, TheSecondQuestionReadsOnlyItself) {
  const TinyAnswerModel folder(TinyFamily::Jamba2);
  AnswerModel model = open(folder);
  ModelAnswerer kept(*library, model);
  const Heard first = ask(kept, "How much is the deposit?", {lease, manual}, drawn(1));
  const Heard second = ask(kept, "When is it paid back?", {lease, manual}, drawn(1));
  ModelAnswerer fresh(*library, model);
  const Heard alone = ask(fresh, "When is it paid back?", {lease, manual}, drawn(1));
  EXPECT_EQ(second.text, alone.text) << "what was kept must change nothing";
  EXPECT_GT(first.prefilled.back(), first.finished->reading.tokensShown);
  EXPECT_LT(second.prefilled.back(), 200);
  EXPECT_EQ(alone.prefilled.back() - second.prefilled.back(), alone.finished->reading.tokensShown);
}

TEST_F(ModelAnswererTest, ADocumentBehindThoseThatWereReadIsAllThatIsRead) {
  const TinyAnswerModel folder(TinyFamily::Jamba2);
  AnswerModel model = open(folder);
  ModelAnswerer kept(*library, model);
  const Heard first = ask(kept, "How much is the deposit?", {lease}, drawn(1));
  const Heard second = ask(kept, "How is it washed?", {lease, manual}, drawn(1));
  ModelAnswerer fresh(*library, model);
  const Heard alone = ask(fresh, "How is it washed?", {lease, manual}, drawn(1));
  EXPECT_EQ(second.text, alone.text);
  EXPECT_EQ(alone.prefilled.back() - second.prefilled.back(), first.finished->reading.tokensShown);
}

TEST_F(ModelAnswererTest, DocumentsThatDoNotFitAreChosenFromAndItIsSaid) {
  const TinyAnswerModel folder(TinyFamily::Jamba2, 900);
  AnswerModel model = open(folder);
  ModelAnswerer answerer(*library, model);
  test::DocumentBuilder fields("Fields");
  for (int i = 0; i < 60; ++i) {
    fields.paragraph("The field number " + std::to_string(i) + " is full of grass.");
    if (i % 20 == 19) fields.newPage();
  }
  const RevisionId longer = test::addDocument(*library, fields);
  const Heard heard = ask(answerer, "How much is the deposit?", {lease, longer}, drawn(1, 40));
  ASSERT_TRUE(heard.finished) << heard.failed->message;
  const ReadingReport& reading = heard.finished->reading;
  EXPECT_TRUE(reading.shortlisted);
  EXPECT_GT(reading.segmentsShown, 0);
  EXPECT_LT(reading.segmentsShown, reading.segments);
  EXPECT_LT(reading.tokensShown, 900);
  EXPECT_EQ(reading.documents, 2);
}

TEST_F(ModelAnswererTest, AQuestionLongerThanTheWindowIsRefusedWithBothNumbers) {
  const TinyAnswerModel folder(TinyFamily::Jamba1, 600);
  AnswerModel model = open(folder);
  ModelAnswerer answerer(*library, model);
  const Heard heard = ask(answerer, std::string(2000, 'q'), {lease}, drawn(1));
  ASSERT_TRUE(heard.failed);
  EXPECT_EQ(heard.failed->code, ErrorCode::DoesNotFit);
  EXPECT_THAT(heard.failed->message, HasSubstr("600"));
  EXPECT_THAT(heard.failed->message, HasSubstr("2"));
}

TEST_F(ModelAnswererTest, AnAnswerThatReachesItsLimitSaysSo) {
  const TinyAnswerModel folder(TinyFamily::Bytes);
  AnswerModel model = open(folder);
  ModelAnswerer answerer(*library, model);
  const Heard heard = ask(answerer, "How much is the deposit?", {lease}, drawn(1, 15));
  ASSERT_TRUE(heard.finished);
  EXPECT_EQ(heard.finished->end, AnswerEnd::TokenLimit);
}

TEST_F(ModelAnswererTest, AFullWindowEndsTheAnswerAndIsSaid) {
  const TinyAnswerModel folder(TinyFamily::Bytes, 900);
  AnswerModel model = open(folder);
  ModelAnswerer answerer(*library, model);
  const Heard heard = ask(answerer, "How much is the deposit?", {manual}, drawn(1, 2000));
  ASSERT_TRUE(heard.finished) << heard.failed->message;
  EXPECT_EQ(heard.finished->end, AnswerEnd::WindowFull);
}

TEST_F(ModelAnswererTest, ThoughtsAreCountedAndAreNoPartOfTheAnswer) {
  const TinyAnswerModel folder(TinyFamily::Thinking);
  AnswerModel model = open(folder);
  ASSERT_TRUE(model.format.thinks);
  ModelAnswerer answerer(*library, model);
  ModelAnswerOptions options = drawn(3, 10);
  options.maxThoughtTokens = 30;
  const Heard heard = ask(answerer, "How much is the deposit?", {lease}, options);
  ASSERT_TRUE(heard.finished) << heard.failed->message;
  EXPECT_GT(heard.finished->thoughtTokens, 0);
  EXPECT_EQ(heard.thoughts, heard.finished->thoughtTokens);
  EXPECT_EQ(heard.text.find("think>"), std::string::npos);
}

TEST_F(ModelAnswererTest, AStopAtAnyEventEndsItAndTheNextQuestionIsAnswered) {
  const TinyAnswerModel folder(TinyFamily::Jamba2);
  AnswerModel model = open(folder);
  ModelAnswerer alone(*library, model);
  const Heard whole = ask(alone, "How much is the deposit?", {lease, manual}, drawn(2, 40));
  ASSERT_GT(whole.events, 10);
  ModelAnswerer answerer(*library, model);
  for (int at = 1; at < whole.events; ++at) {
    std::stop_source stop;
    Heard heard;
    answerer.answer(
        "How much is the deposit?", {lease, manual}, drawn(2, 40),
        [&](const AnswerEvent& event) {
          heard.take(event);
          if (heard.events == at) stop.request_stop();
        },
        stop.get_token());
    ASSERT_EQ(heard.ends, 1);
    if (heard.text.empty()) {
      ASSERT_TRUE(heard.failed) << at;
      EXPECT_EQ(heard.failed->code, ErrorCode::Cancelled);
    } else {
      ASSERT_TRUE(heard.finished) << at;
      EXPECT_EQ(whole.text.substr(0, heard.text.size()), heard.text);
      expectEverySentenceGradedOnce(heard);
    }
  }
  EXPECT_EQ(ask(answerer, "How much is the deposit?", {lease, manual}, drawn(2, 40)).text,
            whole.text);
}

TEST_F(ModelAnswererTest, QuotationsAreCutFromTheDocumentsWhateverTheModelIs) {
  for (const TinyFamily family : {TinyFamily::Bytes, TinyFamily::Jamba1, TinyFamily::Thinking}) {
    const TinyAnswerModel folder(family);
    AnswerModel model = open(folder);
    ModelAnswerer answerer(*library, model);
    int quoted = 0;
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      ModelAnswerOptions options = drawn(seed, 600);
      options.quote = true;
      options.quoting.leaveMass = 0;  // a model without training never means to quote
      options.quoting.leaveBest = 1;
      options.quoting.abandonMass = 0;
      const Heard heard = ask(answerer, "How much is the deposit?", {lease, manual}, options);
      ASSERT_TRUE(heard.finished) << heard.failed->message;
      expectEverySentenceGradedOnce(heard);
      for (const Claim& claim : heard.claims) {
        if (claim.grade == Grade::NotFound) continue;
        EXPECT_EQ(claim.grade, Grade::Verbatim);
        ASSERT_EQ(claim.citations.size(), 1U);
        EXPECT_EQ(claim.citations[0].method, CitationMethod::Quote);
        EXPECT_EQ(claim.citations[0].quote, heard.wordsOf(claim));
        ++quoted;
      }
    }
    EXPECT_GT(quoted, 0);
  }
}

// Freely written or quoted, over many seeds: what is stored proves itself from the library alone.
TEST_F(ModelAnswererTest, EveryStoredCitationVerifiesAgain) {
  const TinyAnswerModel folder(TinyFamily::Jamba2);
  AnswerModel model = open(folder);
  ModelAnswerer answerer(*library, model);
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    ModelAnswerOptions options = drawn(seed, 200);
    options.quote = seed % 2 == 0;
    options.quoting.leaveMass = 0;
    options.quoting.leaveBest = 1;
    options.quoting.abandonMass = 0;
    const Heard heard = ask(answerer, "How much is the deposit?", {lease, manual}, options);
    ASSERT_TRUE(heard.finished) << heard.failed->message;
    MessageRecord question;
    question.text = "How much is the deposit?";
    MessageRecord answer;
    answer.role = MessageRecord::Role::Assistant;
    answer.text = heard.text;
    answer.claims = heard.claims;
    const auto stored = library->addExchange("Deposit", {lease, manual}, question, answer);
    ASSERT_TRUE(stored) << stored.error().message;
  }
  int verified = 0;
  ASSERT_TRUE(library->forEachCitation([&](const StoredCitation& stored) -> Result<void> {
    EXPECT_EQ(TRY(verifyCitation(*library, stored)), "");
    ++verified;
    return {};
  }));
  EXPECT_GT(verified, 0);
}

}  // namespace
}  // namespace lectern
