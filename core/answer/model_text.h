// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace lectern {

/// The key under which a GGUF file may hold all of the tokenizer.json (ggml, docs/gguf.md).
inline constexpr const char* kGgufTokenizerJson = "tokenizer.huggingface.json";

/// The tokenizer of a model: the tokenizer.json in its folder or its GGUF file, else the pieces in
/// that; the identity on bytes where it has neither and the vocabulary of its config.json is 256
/// (MambaByte). Errors: ModelUnusable.
Result<std::shared_ptr<const text::Tokenizer>> readTokenizer(const std::filesystem::path& folder);

/// The Jinja source of a model's prompts: chat_template.jinja, or what stands in
/// tokenizer_config.json, or in the GGUF file; empty where there is none. A list of templates is
/// given as its JSON.
std::string chatTemplateOf(const std::filesystem::path& folder);

/// How a model wants its conversations written.
struct PromptStyle {
  text::TemplateFamily family = text::TemplateFamily::None;
  bool thinks = false;  ///< see renderJamba2; Jamba1 does not
};

/// The family by the vocabulary; whether it thinks by its template, since models that do and that
/// do not share one vocabulary.
PromptStyle promptStyleOf(const std::filesystem::path& folder, const text::Tokenizer& tokenizer);

/// "jamba1", "jamba2", "jamba2-thinking", "none".
std::string_view nameOf(const PromptStyle& style);

}  // namespace lectern
