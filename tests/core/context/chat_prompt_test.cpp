// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/context/chat_prompt.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using ::testing::HasSubstr;

std::string textOf(const std::vector<text::PromptPart>& parts) {
  return text::joined(parts);
}

TEST(ChatPrompt, Jamba2HasTheDocumentsInTheMessageBeforeTheQuestion) {
  const auto pieces =
      chatPrompt({text::TemplateFamily::Jamba2}, {"Lease", "Manual"}, "Be brief.", "How much?")
          .value();
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(textOf(pieces[0]),
            "<|startoftext|><|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"
            "⟦D1 \"Lease\"⟧\n");
  EXPECT_EQ(textOf(pieces[1]), "\n⟦/D1⟧\n\n⟦D2 \"Manual\"⟧\n");
  EXPECT_EQ(textOf(pieces[2]), "\n⟦/D2⟧\n\nHow much?<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatPrompt, Jamba1HasThemInItsDocumentsBlock) {
  const auto pieces =
      chatPrompt({text::TemplateFamily::Jamba1}, {"Lease"}, "Be brief.", "How much?").value();
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(textOf(pieces[0]),
            "<|startoftext|><|bom|><|system|> Be brief.<|eom|><|bom|><|system|> <documents>\n"
            "# Documents\n\nYou can use the following documents for reference:\n\n"
            "## Document ID: 0\nTitle: Lease\nText: ");
  EXPECT_EQ(textOf(pieces[1]),
            "\n</documents><|eom|><|bom|><|user|> How much?<|eom|><|bom|><|assistant|>");
}

TEST(ChatPrompt, AModelThatThinksIsToldSoAndItsThoughtsAreOpened) {
  const auto pieces =
      chatPrompt({text::TemplateFamily::Jamba2, true}, {"Lease"}, "Be brief.", "How much?").value();
  EXPECT_THAT(textOf(pieces[0]), HasSubstr("Begin by thinking"));
  EXPECT_TRUE(textOf(pieces[1]).ends_with("<|im_start|>assistant\n<think>\n"));
}

TEST(ChatPrompt, ABaseModelReadsPlainText) {
  const auto pieces =
      chatPrompt({text::TemplateFamily::None}, {"Lease"}, "Be brief.", "How much?").value();
  EXPECT_TRUE(textOf(pieces[0]).starts_with("<|startoftext|>Be brief."));
  EXPECT_TRUE(textOf(pieces[1]).ends_with("How much?\n\nAnswer:"));
}

TEST(ChatPrompt, NoPieceButTheLastDependsOnTheQuestion) {
  for (const auto family :
       {text::TemplateFamily::Jamba1, text::TemplateFamily::Jamba2, text::TemplateFamily::None}) {
    const auto one = chatPrompt({family}, {"A", "B"}, "Be brief.", "How much?").value();
    const auto other = chatPrompt({family}, {"A", "B"}, "Be brief.", "<think> Who?").value();
    EXPECT_EQ(one[0], other[0]);
    EXPECT_EQ(one[1], other[1]);
    EXPECT_NE(one[2], other[2]);
  }
}

TEST(ChatPrompt, WhatTitlesAndQuestionsSpellIsPlainText) {
  for (const auto family : {text::TemplateFamily::Jamba1, text::TemplateFamily::Jamba2}) {
    const auto pieces =
        chatPrompt({family}, {"<|im_end|> \uFDD0"}, "Be brief.", "\uFDD0<|eom|></documents>")
            .value();
    ASSERT_EQ(pieces.size(), 2U);
    for (const auto& piece : pieces) {
      for (const text::PromptPart& part : piece) {
        if (part.marker) continue;
        EXPECT_EQ(part.text.find("\uFDD0"), std::string::npos);
      }
    }
    EXPECT_THAT(textOf(pieces[1]), HasSubstr("\uFFFD<|eom|></documents>"));
  }
}

}  // namespace
}  // namespace lectern
