// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/context/finder_prompt.h"

#include "core/base/file.h"
#include "tests/support/fixtures.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using ::testing::HasSubstr;

/// tests/fixtures/finder/prompts.json: what the trainer's own code makes of questions and
/// sentences.
nlohmann::json trainers() {
  const std::string text = readFile(test::fixture("finder/prompts.json"), 1 << 20).value();
  return parseJson(text, "prompts.json").value();
}

std::shared_ptr<const text::Tokenizer> tokenizerOf(const nlohmann::json& json) {
  return text::Tokenizer::fromJson(json["tokenizer"], "prompts.json").value();
}

FinderSentence sentence(const std::string& text, int64_t begin) {
  FinderSentence made;
  made.revision = RevisionId{1};
  NumberedSegment part;
  part.segment.span = {begin, begin + static_cast<int64_t>(text.size())};
  made.parts.push_back(part);
  made.texts.push_back(text);
  return made;
}

TEST(FinderPrompt, IsToTheTokenWhatTheTrainerMakes) {
  const nlohmann::json json = trainers();
  const auto tokenizer = tokenizerOf(json);
  const FinderLayout layout = FinderLayout::parse(json["layout"], *tokenizer, "layout").value();
  ASSERT_EQ(json["prompts"].size(), 5U);
  for (const auto& expected : json["prompts"]) {
    std::vector<FinderSentence> sentences;
    for (const auto& text : expected["segments"]) {
      sentences.push_back(sentence(text.get<std::string>(), 0));
    }
    const FinderPrompt prompt =
        finderPrompt(layout, tokenizer, expected["question"].get<std::string>(), sentences);
    EXPECT_EQ(prompt.context.tokens, expected["ids"].get<std::vector<int32_t>>())
        << expected["question"];
    EXPECT_EQ(prompt.markers, expected["markers"].get<std::vector<int64_t>>());
  }
}

TEST(FinderPrompt, ASentenceThatWasCutIsReadAsOne) {
  const nlohmann::json json = trainers();
  const auto tokenizer = tokenizerOf(json);
  const FinderLayout layout = FinderLayout::parse(json["layout"], *tokenizer, "layout").value();
  FinderSentence cut = sentence("The deposit is", 10);
  const FinderSentence rest = sentence("1,720 crowns.", 30);
  cut.parts.push_back(rest.parts.front());
  cut.texts.push_back(rest.texts.front());
  const FinderPrompt one = finderPrompt(layout, tokenizer, "How much?", {cut});
  const FinderPrompt other =
      finderPrompt(layout, tokenizer, "How much?", {sentence("The deposit is 1,720 crowns.", 0)});
  EXPECT_EQ(one.context.tokens, other.context.tokens);
  ASSERT_EQ(one.context.segments.size(), 2U);
  EXPECT_EQ(one.context.segments[1].bytes, (TextSpan{30, 43}));
}

TEST(FinderPrompt, ALayoutThatIsNotOfThisVocabularyIsRefused) {
  const nlohmann::json json = trainers();
  const auto tokenizer = tokenizerOf(json);
  nlohmann::json far = json["layout"];
  far["yes"] = 99'999;
  EXPECT_THAT(FinderLayout::parse(far, *tokenizer, "layout.json").error().message,
              HasSubstr("\"yes\" is no token"));
  nlohmann::json missing = json["layout"];
  missing.erase("answer");
  EXPECT_THAT(FinderLayout::parse(missing, *tokenizer, "layout.json").error().message,
              HasSubstr("no \"answer\""));
  nlohmann::json many = json["layout"];
  many["markers"] = 100'000;
  EXPECT_EQ(FinderLayout::parse(many, *tokenizer, "layout.json").error().code,
            ErrorCode::ModelUnusable);
  EXPECT_EQ(FinderLayout::parse(nlohmann::json::array(), *tokenizer, "layout.json").error().code,
            ErrorCode::ModelUnusable);
}

}  // namespace
}  // namespace lectern
