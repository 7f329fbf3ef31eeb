// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/chat_template.h"

namespace lectern::text {

namespace {

constexpr int32_t kFamilyToken = 518;

}  // namespace

TemplateFamily familyOf(const Tokenizer& tokenizer) {
  if (tokenizer.vocabSize() <= kFamilyToken) return TemplateFamily::None;
  const std::string& piece = tokenizer.piece(kFamilyToken);
  if (piece == "<|eom|>") return TemplateFamily::Jamba1;
  return piece == "<|im_start|>" ? TemplateFamily::Jamba2 : TemplateFamily::None;
}

std::string joined(const std::vector<PromptPart>& parts) {
  std::string text;
  for (const PromptPart& part : parts) text += part.text;
  return text;
}

std::vector<Token> encodePrompt(const Tokenizer& tokenizer, const std::vector<PromptPart>& parts) {
  std::vector<Token> tokens;
  int64_t offset = 0;
  for (const PromptPart& part : parts) {
    const std::vector<Token> own =
        part.marker ? tokenizer.encodeLiteral(part.text) : tokenizer.encode(part.text);
    for (const Token& token : own) tokens.push_back({token.id, token.span.shifted(offset)});
    offset += static_cast<int64_t>(part.text.size());
  }
  return tokens;
}

}  // namespace lectern::text
