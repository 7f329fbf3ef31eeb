// SPDX-License-Identifier: GPL-3.0-or-later
// What search and ranking must reach on real manuals, and that what is quoted from them is proven.
#include "core/answer/citation_resolver.h"
#include "core/answer/extractive_answerer.h"
#include "tests/bench/question_maker.h"
#include "tests/support/fixtures.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

namespace lectern {
namespace {

constexpr int kQuestions = 500;
constexpr uint32_t kSeed = 20;

TEST(AnswerQuality, FindsTheRightSentenceOfThreeManualsByThreeOfItsWords) {
  const test::TemporaryFolder folder;
  const auto library =
      Library::open(folder.path() / "library", Library::OpenMode::ReadWrite).value();
  for (const char* name :
       {"debian-reference.pdf", "bash-reference.pdf", "developers-reference.pdf"}) {
    const auto manual = test::debianManual(name);
    if (!manual.has_value()) GTEST_SKIP() << name << " is not there; packaging/test.sh fetches it";
    const Result<int> pages = test::importInto(*library, LECTERN_EXTRACT, *manual);
    ASSERT_TRUE(pages.has_value()) << pages.error().message;
  }
  const test::Corpus corpus = test::Corpus::read(*library).value();
  test::Asker asker(corpus, kSeed);
  int first = 0;
  int topFive = 0;
  int citations = 0;
  for (int i = 0; i < kQuestions; ++i) {
    const test::Posed posed = asker.present();
    LibraryWeights weights(*library);
    const Question question = analyzeQuestion(posed.text, std::ref(weights));
    const auto found = findCandidates(*library, question, corpus.scope).value();
    std::vector<Candidate> candidates;
    for (const Found& one : found) candidates.push_back(one.candidate);
    const std::vector<Judged> judged = rank(question, candidates);
    for (size_t place = 0; place < judged.size() && place < 5; ++place) {
      if (!test::isRight(found[static_cast<size_t>(judged[place].candidate)], *posed.gold))
        continue;
      first += place == 0 ? 1 : 0;
      ++topFive;
      break;
    }
    answerExtractively(*library, posed.text, corpus.scope, {},
                       [&](const AnswerEvent& event) {
                         const auto* cited = std::get_if<Cited>(&event);
                         if (cited == nullptr) return;
                         for (const Citation& citation : cited->claim.citations) {
                           StoredCitation stored;
                           stored.citation = citation;
                           EXPECT_EQ(verifyCitation(*library, stored).value(), "")
                               << citation.quote;
                           ++citations;
                         }
                       },
                       {});
  }
  RecordProperty("first", first);
  RecordProperty("topFive", topFive);
  EXPECT_GE(first, kQuestions * 75 / 100);
  EXPECT_GE(topFive, kQuestions * 94 / 100);
  EXPECT_GE(citations, kQuestions / 2);
}

}  // namespace
}  // namespace lectern
