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
  static AnswerModel open(const TinyAnswerModel& folder) {
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

  /// A document of so many sentences, twenty a page.
  RevisionId addFields(int count) {
    test::DocumentBuilder fields("Fields");
    for (int i = 0; i < count; ++i) {
      fields.paragraph("The field number " + std::to_string(i) + " is full of grass.");
      if (i % 20 == 19) fields.newPage();
    }
    return test::addDocument(*library, fields);
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

// What was read is on the disk, for another program as for this one.
class KeptReadingTest : public ModelAnswererTest {
 protected:
  [[nodiscard]] ReadingStore store(int64_t maxBytes = 1 << 30) const {
    return {readings.path(), {.maxBytes = maxBytes, .leastFreeBytes = 0, .worthMs = 0}};
  }
  std::vector<std::string> filesOf(const std::string& ending) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(readings.path())) {
      if (entry.path().extension() == ending) names.push_back(entry.path().string());
    }
    return names;
  }
  /// A program that starts, answers and ends.
  Heard askAnew(const std::string& question,
                const std::vector<RevisionId>& scope,
                const ReadingStore* kept) {
    AnswerModel model = open(folder);
    ModelAnswerer answerer(*library, model, kept);
    return ask(answerer, question, scope, drawn(1));
  }

  const test::TemporaryFolder readings;
  const TinyAnswerModel folder{TinyFamily::Jamba2};
};

TEST_F(KeptReadingTest, AnotherProgramReadsOnlyTheQuestion) {
  const ReadingStore kept = store();
  const Heard first = askAnew("How much is the deposit?", {lease, manual}, &kept);
  EXPECT_EQ(first.finished->reading.tokensKept, 0);
  EXPECT_EQ(filesOf(".state").size(), 2U) << "at the end of each document";
  const Heard second = askAnew("When is it paid back?", {lease, manual}, &kept);
  const Heard alone = askAnew("When is it paid back?", {lease, manual}, nullptr);
  EXPECT_EQ(second.text, alone.text) << "what was kept must change nothing";
  EXPECT_EQ(second.finished->notice, "");
  // What closes the last document belongs to no document.
  EXPECT_EQ(alone.prefilled.back() - second.prefilled.back(), second.finished->reading.tokensKept);
  EXPECT_GT(second.finished->reading.tokensKept, first.finished->reading.tokensShown - 10);

  const auto list = kept.list().value();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].note.model, "tiny");
  EXPECT_EQ(list[0].note.documents, (std::vector{library->revision(lease).value().contentSha256,
                                                 library->revision(manual).value().contentSha256}));
  EXPECT_FALSE(list[0].note.inDocument);
}

TEST_F(KeptReadingTest, OtherDocumentsBehindTheSameOneBeginWithIt) {
  const ReadingStore kept = store();
  const Heard first = askAnew("How much is the deposit?", {lease, manual}, &kept);
  const RevisionId note = test::addDocument(
      *library, test::DocumentBuilder("Note").paragraph("The garden has a gate of iron."));
  const Heard other = askAnew("What has a gate?", {lease, note}, &kept);
  EXPECT_GT(other.finished->reading.tokensKept, 100);
  EXPECT_EQ(other.text, askAnew("What has a gate?", {lease, note}, nullptr).text);
  // And from one to the other in one program, that has only the last one in memory.
  AnswerModel model = open(folder);
  ModelAnswerer answerer(*library, model, &kept);
  for (const RevisionId second : {manual, note, manual}) {
    const Heard heard = ask(answerer, "What has a gate?", {lease, second}, drawn(1));
    EXPECT_GT(heard.finished->reading.tokensKept, heard.finished->reading.tokensShown - 10);
  }
}

TEST_F(KeptReadingTest, WhatWasReadUntilAStopIsReadOnByAnother) {
  const RevisionId longer = addFields(30);
  const ReadingStore kept = store();
  AnswerModel model = open(folder);
  {
    ModelAnswerer answerer(*library, model, &kept);
    std::stop_source stop;
    Heard heard;
    answerer.answer(
        "Which field is full?", {longer}, drawn(1),
        [&](const AnswerEvent& event) {
          heard.take(event);
          if (!heard.prefilled.empty() && heard.prefilled.back() > 300) {
            stop.request_stop();
          }
        },
        stop.get_token());
    ASSERT_TRUE(heard.failed);
    EXPECT_EQ(heard.failed->code, ErrorCode::Cancelled);
    EXPECT_THAT(heard.failed->message, HasSubstr(" tokens. What was read is kept."));
  }
  ASSERT_EQ(kept.list().value().size(), 1U);
  EXPECT_TRUE(kept.list().value()[0].note.inDocument);
  const Heard heard = askAnew("Which field is full?", {longer}, &kept);
  EXPECT_GE(heard.finished->reading.tokensKept, model.engine->chunkTokens());
  EXPECT_EQ(heard.text, askAnew("Which field is full?", {longer}, nullptr).text);
}

TEST_F(KeptReadingTest, ADamagedOneIsReadAgainAndItIsSaid) {
  const ReadingStore kept = store();
  (void)askAnew("How much is the deposit?", {lease}, &kept);
  for (const std::string& file : filesOf(".state")) {
    ASSERT_TRUE(writeFileAtomically(file, "no state"));
  }
  const Heard again = askAnew("How much is the deposit?", {lease}, &kept);
  EXPECT_EQ(again.finished->reading.tokensKept, 0);
  EXPECT_THAT(again.finished->notice,
              HasSubstr("cannot be used: it is no saved reading. It was read again."));
  const Heard third = askAnew("How much is the deposit?", {lease}, &kept);
  EXPECT_GT(third.finished->reading.tokensKept, 0);
  EXPECT_EQ(third.text, again.text);
}

TEST_F(KeptReadingTest, WhatDoesNotFitIsSaidAndAnswered) {
  const ReadingStore kept = store(100);
  const Heard heard = askAnew("How much is the deposit?", {lease}, &kept);
  ASSERT_TRUE(heard.finished);
  EXPECT_THAT(heard.finished->notice,
              HasSubstr("What was read is not kept for the next time: Readings may take"));
  EXPECT_TRUE(kept.list().value().empty());
}

TEST_F(KeptReadingTest, WhatCouldNotBeKeptIsKeptOnceThereIsRoom) {
  const test::TemporaryFolder blocked;
  const std::filesystem::path place = blocked.path() / "readings";
  ASSERT_TRUE(writeFileAtomically(place, "no folder"));
  const ReadingStore kept(place, {.leastFreeBytes = 0, .worthMs = 0});
  AnswerModel model = open(folder);
  ModelAnswerer answerer(*library, model, &kept);
  const Heard first = ask(answerer, "How much is the deposit?", {lease}, drawn(1));
  EXPECT_THAT(first.finished->notice, HasSubstr("What was read is not kept for the next time: "));
  std::filesystem::remove(place);
  const Heard second = ask(answerer, "When is it paid back?", {lease}, drawn(1));
  EXPECT_EQ(second.finished->notice, "");
  EXPECT_EQ(kept.list().value().size(), 1U);
}

// Memory has a beginning of it, the disk had more.
TEST_F(KeptReadingTest, ADamagedLongerOneIsSaidAlsoWhereMemoryHasABeginning) {
  const ReadingStore kept = store();
  (void)askAnew("How much is the deposit?", {lease, manual}, &kept);
  AnswerModel model = open(folder);
  ModelAnswerer answerer(*library, model, &kept);
  (void)ask(answerer, "How much is the deposit?", {lease}, drawn(1));
  auto states = filesOf(".state");
  std::ranges::sort(states);
  ASSERT_TRUE(writeFileAtomically(states.back(), "no state"));
  const Heard heard = ask(answerer, "How is it washed?", {lease, manual}, drawn(1));
  EXPECT_THAT(heard.finished->notice, HasSubstr("It was read again."));
  EXPECT_GT(heard.finished->reading.tokensKept, 100);
}

TEST_F(KeptReadingTest, ALongDocumentIsKeptInPiecesOnTheWay) {
  const RevisionId longer = addFields(40);
  // Rounded up to whole chunks.
  const ReadingStore kept(readings.path(), {.leastFreeBytes = 0, .worthMs = 0, .everyTokens = 400});
  const Heard first = askAnew("Which field is full?", {longer}, &kept);
  constexpr int64_t kChunk = 512;
  const int64_t tokens = first.finished->reading.tokensShown;
  ASSERT_GT(tokens, 2 * kChunk + 200);
  EXPECT_EQ(first.text, askAnew("Which field is full?", {longer}, nullptr).text);
  auto states = filesOf(".state");
  std::ranges::sort(states);
  ASSERT_GE(static_cast<int64_t>(states.size()), tokens / kChunk);
  // A power failure behind the first piece: what came later is not there.
  for (size_t i = 1; i < states.size(); ++i) std::filesystem::remove(states[i]);
  const Heard second = askAnew("Which field is full?", {longer}, &kept);
  EXPECT_EQ(second.finished->reading.tokensKept / kChunk, 1);
  EXPECT_EQ(second.text, first.text);
}

TEST_F(KeptReadingTest, NothingOfAShortlistIsKept) {
  const TinyAnswerModel small(TinyFamily::Jamba2, 900);
  AnswerModel model = open(small);
  const ReadingStore kept = store();
  ModelAnswerer answerer(*library, model, &kept);
  const RevisionId longer = addFields(60);
  const Heard heard = ask(answerer, "How much is the deposit?", {lease, longer}, drawn(1, 40));
  ASSERT_TRUE(heard.finished) << heard.failed->message;
  EXPECT_TRUE(heard.finished->reading.shortlisted);
  EXPECT_EQ(filesOf(".state").size(), 0U);
}

TEST_F(ModelAnswererTest, DocumentsThatDoNotFitAreChosenFromAndItIsSaid) {
  const TinyAnswerModel folder(TinyFamily::Jamba2, 900);
  AnswerModel model = open(folder);
  ModelAnswerer answerer(*library, model);
  const RevisionId longer = addFields(60);
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
