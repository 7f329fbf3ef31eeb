// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/sentence_stream.h"

#include "core/base/utf8.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace lectern {
namespace {

using ::testing::ElementsAre;

std::string cut(std::string_view text, TextSpan span) {
  return std::string(
      text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length())));
}

std::vector<std::string> sentencesOf(std::string_view text, size_t piece) {
  SentenceStream stream;
  std::vector<std::string> sentences;
  size_t at = 0;
  while (at < text.size()) {
    size_t end = std::min(at + piece, text.size());
    while (!utf8::isBoundary(text, static_cast<int64_t>(end))) ++end;
    for (const TextSpan span : stream.push(text.substr(at, end - at))) {
      EXPECT_LE(span.end, static_cast<int64_t>(end)) << "a sentence before its text";
      sentences.push_back(cut(text, span));
    }
    at = end;
  }
  for (const TextSpan span : stream.finish()) sentences.push_back(cut(text, span));
  return sentences;
}

TEST(SentenceStream, EndsASentenceWithTheFirstWordBehindIt) {
  SentenceStream stream;
  EXPECT_TRUE(stream.push("The fee is 3.").empty()) << "it may be 3.5";
  EXPECT_TRUE(stream.push("50 crowns.").empty());
  EXPECT_TRUE(stream.push(" It").empty()) << "the word is not whole";
  EXPECT_THAT(stream.push(" is"), ElementsAre(TextSpan{0, 23}));
  EXPECT_THAT(stream.finish(), ElementsAre(TextSpan{24, 29}));
}

TEST(SentenceStream, EndsASentenceWithItsLine) {
  SentenceStream stream;
  EXPECT_THAT(stream.push("- one\n- two\n"), ElementsAre(TextSpan{0, 5}, TextSpan{6, 11}));
  EXPECT_TRUE(stream.finish().empty());
}

TEST(SentenceStream, KeepsACitationMarkWithItsSentence) {
  EXPECT_THAT(sentencesOf("It rains. [3, 4] Then it stops.", 1),
              ElementsAre("It rains. [3, 4]", "Then it stops."));
}

TEST(SentenceStream, CutsARunWithoutAnEnd) {
  std::string endless;
  while (endless.size() < 5000) endless += "word ";
  EXPECT_GE(sentencesOf(endless, 7).size(), 4U);
  const std::string oneWord(6000, 'x');
  EXPECT_GE(sentencesOf(oneWord, 7).size(), 2U);
}

// However the text comes: the same sentences, in order and disjoint, and all of it but white space.
TEST(SentenceStream, PiecesChangeNothing) {
  EXPECT_TRUE(rc::check([] {
    const auto words =
        *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
            "Dr.",   "It",     "is",   "3.",   "5",    "late.", "\"Yes!\"", "no?",
            "…",     "\n",     "e.g.", "[12]", "[3,",  "4]",    "Ende.",    "مرحبا؟",
            "שלום.", "(end.)", "A.",   "U.S.", "\n\n", "-",     "é"}));
    std::string text;
    for (const std::string& word : words) text += word + " ";
    const std::vector<std::string> whole = sentencesOf(text, text.size() + 1);
    const auto piece = *rc::gen::inRange<size_t>(1, 9);
    RC_ASSERT(sentencesOf(text, piece) == whole);
    std::string joined;
    for (const std::string& sentence : whole) joined += sentence;
    const auto squeeze = [](std::string s) {
      std::erase_if(s, [](char c) { return c == ' ' || c == '\n'; });
      return s;
    };
    RC_ASSERT(squeeze(joined) == squeeze(text));
  }));
}

}  // namespace
}  // namespace lectern
