// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/answer_record.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

Citation citation(std::string quote) {
  Citation made;
  made.page = 3;
  made.quote = std::move(quote);
  return made;
}

std::vector<AnswerEvent> thereAndBack(const std::vector<AnswerEvent>& events) {
  AnswerRecorder recorder;
  for (const AnswerEvent& event : events) recorder.take(event);
  return eventsOf(recorder.finish().value());
}

TEST(AnswerRecord, TellsAnAnswerAgainAsItWas) {
  Claim claim;
  claim.span = {0, 13};
  claim.grade = Grade::Matched;
  claim.coverage = 0.5;
  claim.missing = {"2019"};
  claim.citations = {citation("three months")};
  Finished finished;
  finished.reading = {"a model", 2, 30, 1, 400, 1, 5, 60, 1'000, 800, 300, 20, true};
  finished.reading.section = {3, 12, 4, 6};
  finished.end = AnswerEnd::TokenLimit;
  finished.thoughtTokens = 7;
  const auto told = thereAndBack({Text{"Three "}, Text{"months."}, Cited{claim}, finished});
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(std::get<Text>(told[0]).utf8, "Three months.");
  const Claim& again = std::get<Cited>(told[1]).claim;
  EXPECT_EQ(again.span, claim.span);
  EXPECT_EQ(again.grade, Grade::Matched);
  EXPECT_EQ(again.citations.at(0).quote, "three months");
  const Finished& end = std::get<Finished>(told[2]);
  EXPECT_TRUE(end.found);
  EXPECT_EQ(end.reading.engine, "a model");
  EXPECT_EQ(end.reading.documents, 2);
  EXPECT_EQ(end.reading.pagesRead, 30);
  EXPECT_EQ(end.reading.pagesUnread, 1);
  EXPECT_EQ(end.reading.unfinished, 1);
  EXPECT_EQ(end.reading.unfinishedRead, 5);
  EXPECT_EQ(end.reading.unfinishedPages, 60);
  EXPECT_EQ(end.reading.tokensKept, 800);
  EXPECT_EQ(end.reading.pagesShown, 20);
  EXPECT_TRUE(end.reading.shortlisted);
  EXPECT_EQ(end.reading.section.number, 3);
  EXPECT_EQ(end.reading.section.count, 12);
  EXPECT_EQ(end.reading.section.firstPage, 4);
  EXPECT_EQ(end.reading.section.lastPage, 6);
  EXPECT_EQ(end.end, AnswerEnd::TokenLimit);
  EXPECT_EQ(end.thoughtTokens, 7);
}

TEST(AnswerRecord, GivesTheNearestPlacesBackToTheEnd) {
  Finished finished;
  finished.found = false;
  finished.nearest = {{citation("guests"), "Lease"}, {citation("rights"), "Lease"}};
  const auto told = thereAndBack({finished});
  const Finished& end = std::get<Finished>(told.back());
  EXPECT_FALSE(end.found);
  ASSERT_EQ(end.nearest.size(), 2U);
  EXPECT_EQ(end.nearest[1].citation.quote, "rights");
  EXPECT_TRUE(std::get<Cited>(told.at(1)).claim.citations.empty());
}

TEST(AnswerRecord, ReadsWhatItCanOfAForeignHeader) {
  MessageRecord answer;
  for (const char* header :
       {"", "{", "[]", R"({"engine": 3, "found": "no", "documents": "x"})", R"({"section": 3})",
        R"({"section": {"number": "x"}})", R"({"engine": "outline", "documents": 2})"}) {
    answer.header = header;
    EXPECT_TRUE(std::get<Finished>(eventsOf(answer).back()).found);
  }
  EXPECT_EQ(std::get<Finished>(eventsOf(answer).back()).reading.engine, "outline");
  EXPECT_EQ(std::get<Finished>(eventsOf(answer).back()).reading.documents, 2);
}

}  // namespace
}  // namespace lectern
