// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/utf8.h"
#include "core/text/segmenter.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace lectern::text {
namespace {

constexpr std::array kLanguages = {"ar", "de", "en", "es", "fr", "he", "it", "nl", "pt"};
constexpr std::string_view kMark = " ‖ ";

std::vector<std::string> readLines(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> splitAtMarks(std::string_view line) {
  std::vector<std::string> pieces;
  for (size_t mark = line.find(kMark); mark != std::string_view::npos; mark = line.find(kMark)) {
    pieces.emplace_back(line.substr(0, mark));
    line.remove_prefix(mark + kMark.size());
  }
  pieces.emplace_back(line);
  return pieces;
}

std::vector<std::string> textsOf(std::string_view paragraph) {
  std::vector<std::string> texts;
  for (const TextSpan span : sentences(paragraph)) {
    texts.emplace_back(
        paragraph.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length())));
  }
  return texts;
}

std::string joined(const std::vector<std::string>& pieces, std::string_view separator) {
  std::string text;
  for (const std::string& piece : pieces) {
    if (!text.empty()) text += separator;
    text += piece;
  }
  return text;
}

// The cases are hard ones, written by hand: abbreviations, initials, ordinals, quotations. A case
// counts as right only when every boundary in it is.
TEST(Sentences, AreFoundInNineLanguages) {
  int cases = 0;
  int right = 0;
  for (const std::string language : kLanguages) {
    const auto folder =
        std::filesystem::path(LECTERN_SOURCE_DIR) / "tests/core/text/sentence_cases";
    int casesHere = 0;
    int rightHere = 0;
    for (const std::string& line : readLines(folder / (language + ".txt"))) {
      if (line.empty() || line[0] == '#') continue;
      const std::vector<std::string> expected = splitAtMarks(line);
      const std::vector<std::string> found = textsOf(joined(expected, " "));
      ++casesHere;
      if (found == expected) {
        ++rightHere;
      } else {
        std::printf("%s: %s\n", language.c_str(), joined(found, kMark).c_str());
      }
    }
    EXPECT_GE(casesHere, 30) << language;
    EXPECT_GE(rightHere, casesHere * 0.95) << language;
    std::printf("%s: %d of %d\n", language.c_str(), rightHere, casesHere);
    cases += casesHere;
    right += rightHere;
  }
  std::printf("all: %d of %d, %.1f %%\n", right, cases, 100.0 * right / cases);
  EXPECT_GE(right, cases * 0.98);
}

TEST(Sentences, AreEmptyForNothingAndWholeWithoutAStop) {
  EXPECT_TRUE(sentences("").empty());
  EXPECT_TRUE(sentences(" \n ").empty());
  EXPECT_EQ(textsOf("  no stop here "), std::vector<std::string>{"no stop here"});
  EXPECT_EQ(textsOf("... ?"), std::vector<std::string>{"... ?"});
  EXPECT_EQ(textsOf("这是一句。那是另一句。"),
            (std::vector<std::string>{"这是一句。", "那是另一句。"}));
}

TEST(Sentences, CoverEveryCharacterThatIsNoSpaceInOrder) {
  EXPECT_TRUE(rc::check([] {
    const auto piece = rc::gen::element<std::string>(
        "word", "Word", "z", "B", "3", "1995", "Dr", "etc", "שלום", "كتاب", ".", "...", "…", "?",
        "!", "؟", "。", "\"", "”", "»", "(", ")", "[12]", " ", " ", " ", "\u00A0", "\n", ",", "—",
        "\u0301", "😀");
    std::string text;
    for (const std::string& p : *rc::gen::container<std::vector<std::string>>(piece)) text += p;
    std::string covered;
    int64_t end = 0;
    const auto withoutSpace = [](std::string part) {
      for (const std::string space : {" ", "\n", "\u00A0"}) {
        for (size_t at = part.find(space); at != std::string::npos; at = part.find(space)) {
          part.erase(at, space.size());
        }
      }
      return part;
    };
    for (const TextSpan span : sentences(text)) {
      RC_ASSERT(end <= span.begin && span.begin < span.end);
      RC_ASSERT(utf8::isBoundary(text, span.begin) && utf8::isBoundary(text, span.end));
      covered += withoutSpace(
          text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length())));
      end = span.end;
    }
    RC_ASSERT(end <= static_cast<int64_t>(text.size()));
    RC_ASSERT(covered == withoutSpace(text));
  }));
}

TEST(Sentences, AreTheSameInAParagraphOfMegabytes) {
  std::string text;
  size_t expected = 0;
  for (; text.size() < 300000; ++expected) {
    text += "Sentence " + std::to_string(expected) + " é has, e.g. this. ";
  }
  EXPECT_EQ(sentences(text).size(), expected);
  EXPECT_EQ(sentences(std::string(200000, 'a')).size(), 4U);
}

// The same text in nine languages: each article of the declaration has about as many sentences in
// one as in another.
TEST(Sentences, AreAsManyInEachTranslationOfTheDeclaration) {
  const char* variable = std::getenv("LECTERN_SAMPLES");
  const std::filesystem::path samples =
      variable != nullptr ? std::filesystem::path(variable)
                          : std::filesystem::path(LECTERN_SOURCE_DIR) / "../shared/samples";
  if (!std::filesystem::exists(samples / "text")) {
    GTEST_SKIP() << "no sample texts in " << samples;
  }
  std::vector<int> counts;
  for (const std::string language : kLanguages) {
    int count = 0;
    for (const std::string& line : readLines(samples / "text" / ("udhr-" + language + ".txt"))) {
      const std::vector<std::string> texts = textsOf(line);
      EXPECT_LE(texts.size(), 6U) << line;
      for (const std::string& text : texts) EXPECT_GE(utf8::length(text), 4) << line;
      count += static_cast<int>(texts.size());
    }
    counts.push_back(count);
    std::printf("%s: %d sentences\n", language.c_str(), count);
  }
  const auto [fewest, most] = std::minmax_element(counts.begin(), counts.end());
  EXPECT_LE(*most, *fewest * 1.35);
}

}  // namespace
}  // namespace lectern::text
