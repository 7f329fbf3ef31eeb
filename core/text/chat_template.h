// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/text/tokenizer.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lectern::text {

/// A stretch of a prompt: a marker that the model was trained on as one token ("<|bom|>"), or plain
/// text, which never becomes one, whatever it spells. Neighbouring stretches of plain text are one,
/// since a token may reach across them.
struct PromptPart {
  bool marker = false;
  std::string text;
  friend bool operator==(const PromptPart&, const PromptPart&) = default;
};

/// Which wire format a model was trained on; told apart by the token 518 of the shared vocabulary.
enum class TemplateFamily : uint8_t {
  None,    ///< a base model: the start token and plain text
  Jamba1,  ///< 1.5, 1.6, 1.7: <|bom|> … <|eom|>, a documents block, citation mode
  Jamba2,  ///< Jamba2 and Reasoning: <|im_start|> … <|im_end|>
};

TemplateFamily familyOf(const Tokenizer& tokenizer);

/// Renders a conversation as the template of the 1.7 Mini does. `context` has the template's own
/// variables: messages (role, content, name, tool_calls, citations), tools, documents (title, text,
/// any further keys, in their order), knobs (is_set, citation_mode, response_format),
/// add_generation_prompt (true where absent), generation_preamble. Errors: Usage, naming the
/// message or document that lacks something.
Result<std::vector<PromptPart>> renderJamba1(const nlohmann::ordered_json& context);

/// The same as Jamba-Reasoning-3B's template does: messages (role, content, reasoning_content,
/// tool_calls), tools, add_generation_prompt (false where absent). It has neither documents nor
/// modes: they go into the messages. `thinks` puts the instruction to think before questions and
/// opens the thoughts, as that model was trained; without it it is plain ChatML, for the models
/// that do not reason.
Result<std::vector<PromptPart>> renderJamba2(const nlohmann::ordered_json& context, bool thinks);

/// The parts as one string, for eyes and for outside tools.
std::string joined(const std::vector<PromptPart>& parts);

/// The parts as tokens. Their spans are in `joined`.
std::vector<Token> encodePrompt(const Tokenizer& tokenizer, const std::vector<PromptPart>& parts);

}  // namespace lectern::text
