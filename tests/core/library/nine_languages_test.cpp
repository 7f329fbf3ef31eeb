// SPDX-License-Identifier: GPL-3.0-or-later
// Search in real texts: the Universal Declaration of Human Rights in nine languages, each paragraph
// a segment. Read from $LECTERN_SAMPLES/text, or shared/samples beside the source.

#include "core/base/utf8.h"
#include "core/unicode/words.h"
#include "tests/core/library/library_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

namespace lectern {
namespace {

using testing::IsEmpty;

std::filesystem::path samplesFolder() {
  const char* named = std::getenv("LECTERN_SAMPLES");
  return named != nullptr ? std::filesystem::path(named)
                          : std::filesystem::path(LECTERN_SOURCE_DIR) / "../shared/samples";
}

// The text with `mark` after every letter at or above U+0590: pointed Hebrew, vocalised Arabic.
std::string marked(std::string_view text, char32_t mark) {
  std::string result;
  for (int64_t at = 0; at < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, at);
    utf8::append(result, decoded.codePoint);
    const bool letter = (decoded.codePoint >= 0x5d0 && decoded.codePoint <= 0x5ea) ||
                        (decoded.codePoint >= 0x620 && decoded.codePoint <= 0x64a);
    if (letter) utf8::append(result, mark);
    at += decoded.length;
  }
  return result;
}

class NineLanguages : public LibraryTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    LibraryTest::SetUp();
    const auto path = samplesFolder() / "text" / (std::string("udhr-") + GetParam() + ".txt");
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is missing";
    std::istringstream text(readFile(path, 1 << 20).value());
    for (std::string line; std::getline(text, line);) {
      if (!line.empty()) paragraphs_.push_back(line);
    }
    ASSERT_GT(paragraphs_.size(), 80U);
    document_ = addDocument(*library_, {paragraphs_}).value();
  }

  std::set<int> find(const std::string& word, RevisionId revision) {
    const std::vector<SegmentHit> hits = library_->searchSegments({word}, {revision}, 1000).value();
    std::set<int> numbers;
    for (const SegmentHit& hit : hits) numbers.insert(hit.found.number);
    return numbers;
  }

  std::vector<std::string> paragraphs_;
  RevisionId document_{};
};

// As they are written there, each once.
std::set<std::string> writtenWords(const std::string& text) {
  std::set<std::string> written;
  for (const unicode::Word& word : unicode::words(text)) {
    written.insert(
        text.substr(static_cast<size_t>(word.span.begin), static_cast<size_t>(word.span.length())));
  }
  return written;
}

TEST_P(NineLanguages, FindsEveryWordWhereItStands) {
  std::map<std::string, std::set<int>> places;
  for (size_t i = 0; i < paragraphs_.size(); ++i) {
    for (const std::string& word : writtenWords(paragraphs_[i])) {
      places[word].insert(static_cast<int>(i));
    }
  }
  for (const auto& [word, expected] : places) {
    EXPECT_TRUE(std::ranges::includes(find(word, document_), expected)) << word;
  }
  EXPECT_THAT(library_->checkDatabase()->problems, IsEmpty());
}

class MarkedLanguages : public NineLanguages {};

TEST_P(MarkedLanguages, FindsTheSameWithMarksAndWithout) {
  const char32_t mark = std::string_view(GetParam()) == "he" ? 0x5b8 : 0x64e;  // qamats, fatha
  std::vector<std::string> pointed;
  for (const std::string& paragraph : paragraphs_) pointed.push_back(marked(paragraph, mark));
  const RevisionId pointedDocument = addDocument(*library_, {pointed}).value();
  for (const std::string& word : writtenWords(paragraphs_[3])) {
    const std::set<int> found = find(word, document_);
    EXPECT_EQ(find(marked(word, mark), document_), found) << word;
    EXPECT_EQ(find(word, pointedDocument), found) << word;
    EXPECT_EQ(find(marked(word, mark), pointedDocument), found) << word;
  }
  // What is shown is what was stored: nothing is folded there.
  EXPECT_EQ(library_->segments(pointedDocument, 3, 3)->at(0).text, pointed[3]);
  EXPECT_THAT(library_->checkDatabase()->problems, IsEmpty());
}

const auto kName = [](const auto& info) { return std::string(info.param); };

INSTANTIATE_TEST_SUITE_P(Udhr,
                         NineLanguages,
                         testing::Values("ar", "de", "en", "es", "fr", "he", "it", "nl", "pt"),
                         kName);
INSTANTIATE_TEST_SUITE_P(Udhr, MarkedLanguages, testing::Values("ar", "he"), kName);

}  // namespace
}  // namespace lectern
