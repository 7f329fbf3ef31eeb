// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/answer_writer.h"

#include "tests/core/answer/answering_fixture.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using test::Heard;

/// What a text that comes character by character amounts to.
struct Written {
  explicit Written(std::string_view text) {
    AnswerWriter writer(sink, [this](std::string_view sentence) -> Result<Claim> {
      graded.emplace_back(sentence);
      return Claim{};
    });
    for (const char c : text) EXPECT_TRUE(writer.write({&c, 1}));
    EXPECT_TRUE(writer.finish());
    notFound = writer.saidNotFound();
  }

  Heard heard;
  AnswerSink sink = [this](const AnswerEvent& event) { heard.take(event); };
  std::vector<std::string> graded;
  bool notFound = false;
};

TEST(AnswerWriter, SaysTextAtOnceAndGradesEachSentence) {
  const Written written(" \n It rains. It is late.\nGo home");
  EXPECT_EQ(written.heard.text, "It rains. It is late.\nGo home");
  EXPECT_THAT(written.graded, ::testing::ElementsAre("It rains.", "It is late.", "Go home"));
  ASSERT_EQ(written.heard.claims.size(), 3U);
  EXPECT_EQ(written.heard.wordsOf(written.heard.claims[1]), "It is late.");
}

TEST(AnswerWriter, TheWordNotFoundIsNoAnswer) {
  for (const char* text : {"NOTFOUND", " NOTFOUND.", "**NOTFOUND**", "\"NOTFOUND\" they say",
                           "NOTFOUND\nThe documents are about something else."}) {
    const Written written(text);
    EXPECT_TRUE(written.notFound) << text;
    EXPECT_EQ(written.heard.text, "") << text;
  }
}

TEST(AnswerWriter, OtherWordsThatBeginLikeItAreSaid) {
  for (const char* text : {"NOT", "NOTFOUNDATION is a word.", "NO, never.", "N"}) {
    const Written written(text);
    EXPECT_FALSE(written.notFound) << text;
    EXPECT_EQ(written.heard.text, text);
  }
}

TEST(AnswerWriter, ControlCharactersAreShownAsSuch) {
  AnswerSink sink;
  Heard heard;
  sink = [&](const AnswerEvent& event) { heard.take(event); };
  AnswerWriter writer(sink, [](std::string_view) -> Result<Claim> { return Claim{}; });
  ASSERT_TRUE(writer.write(std::string("a\x1b[31mb\tc\nd\0e", 13)));
  EXPECT_EQ(heard.text, "a\uFFFD[31mb\tc\nd\uFFFDe");
}

TEST(AnswerWriter, WhatGradingReturnsEndsIt) {
  const AnswerSink sink = [](const AnswerEvent&) {};
  AnswerWriter writer(sink, [](std::string_view) -> Result<Claim> {
    return Error{ErrorCode::Storage, "The disk failed."};
  });
  EXPECT_EQ(writer.write("It rains.\n").error().code, ErrorCode::Storage);
}

}  // namespace
}  // namespace lectern
