// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long a sentence of an answer waits for its grade, with 64 K tokens and more before the model.
#include "core/answer/claim_grader.h"
#include "tests/core/answer/answering_fixture.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <random>

namespace lectern {
namespace {

/// Milliseconds of this thread's own work: the clock on the wall tells of other programs too.
double workedMs() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

/// Words as a language has them: the n-th most frequent stands in one of n places (Zipf's law).
class Words {
 public:
  std::string next() {
    const double rank = std::exp(std::uniform_real_distribution<>(0, std::log(20'000))(random_));
    std::string word;
    for (auto n = static_cast<int>(rank) + 30; n > 0; n /= 20) {
      word += "bcdfghklmnprstvwzjqx"[n % 20];
      word += "aeiou"[n % 5];
    }
    return word;
  }
  std::string sentence(int words) {
    std::string text;
    for (int i = 0; i < words; ++i) text.append(i == 0 ? "" : " ").append(next());
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text + ".";
  }

 private:
  std::mt19937 random_{1};
};

class ClaimGraderBench : public test::AnsweringTest {};

TEST_F(ClaimGraderBench, GradesASentenceWithinTenMilliseconds) {
  constexpr size_t kTokens = 65'536;
  Words words;
  std::vector<std::string> said;
  test::DocumentBuilder book("Book");
  for (size_t bytes = 0; bytes < kTokens;) {
    std::string paragraph;
    for (int i = 0; i < 5; ++i) {
      said.push_back(words.sentence(18));
      paragraph.append(i == 0 ? "" : " ").append(said.back());
    }
    bytes += paragraph.size() / 4;  // a real vocabulary has about four bytes a token
    book.paragraph(paragraph);
    if (said.size() % 25 == 0) book.newPage();
  }
  const RevisionId revision = test::addDocument(*library, book);
  const Scope scope = readScope(*library, {revision}).value();
  const ContextReader reader(*library, scope, text::Tokenizer::ofBytes(),
                             {{text::TemplateFamily::None, false, false}, "", "?", 1 << 20, 100});
  const DocumentContext documents = reader.read({}).value();
  double begin = workedMs();
  const ContextIndex index(*documents.context, documents.segmentTexts);
  std::cout << documents.segmentTexts.size() << " sentences, " << documents.context->tokens.size()
            << " bytes, index in " << workedMs() - begin << " ms\n";

  const ClaimGrader grader(*library, documents, index);
  std::vector<double> times;
  for (size_t i = 0; i < 200; ++i) {
    // Half of a sentence of the book, and words of the model's own.
    const std::string& source = said[i * 7919 % said.size()];
    const std::string claim =
        source.substr(0, source.find(' ', source.size() / 2)) + " " + words.sentence(9);
    std::vector<AttentionEvidence::Share> looked;
    for (int32_t s = 0; s < 16; ++s) {
      looked.push_back({static_cast<int32_t>((i * 31 + static_cast<size_t>(s) * 97) %
                                             documents.segmentTexts.size()),
                        0.05});
    }
    begin = workedMs();
    ASSERT_TRUE(grader.grade(claim, looked));
    times.push_back(workedMs() - begin);
  }
  std::sort(times.begin(), times.end());
  std::cout << "a sentence: median " << times[100] << " ms, 95 % within " << times[190] << " ms\n";
#ifdef NDEBUG
  EXPECT_LE(times[190], 10);
#endif
}

}  // namespace
}  // namespace lectern
