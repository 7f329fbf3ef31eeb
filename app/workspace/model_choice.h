// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <memory>
#include <string_view>

namespace lectern {

/// Where imported models live, each in a folder that bears its name.
std::filesystem::path modelsFolder(const std::filesystem::path& dataFolder);

/// The folder of a model that was named on a command line or in the settings: an imported model's
/// name, the path of a model folder or of a GGUF file, or the name of one that came with the
/// program ("pocket"), the first of them that is there ("./name" is always the path). Errors:
/// ModelUnusable where there is neither, with what can be done.
Result<std::filesystem::path> findModel(std::string_view nameOrFolder,
                                        const std::filesystem::path& dataFolder);

/// The tokenizer of a model: the tokenizer.json in its folder, or what its GGUF file has; the
/// identity on bytes where it has neither and the vocabulary of its config.json is 256 (MambaByte).
/// Errors: ModelUnusable.
Result<std::shared_ptr<const text::Tokenizer>> readTokenizer(const std::filesystem::path& folder);

/// How a model wants its conversations written.
struct PromptStyle {
  text::TemplateFamily family = text::TemplateFamily::None;
  bool thinks = false;  ///< see renderJamba2; Jamba1 does not
};

/// The family by the vocabulary; whether it thinks by the template that lies in the folder
/// (chat_template.jinja, or in tokenizer_config.json) or in the GGUF file, since models that do and
/// that do not share one vocabulary.
PromptStyle promptStyleOf(const std::filesystem::path& folder, const text::Tokenizer& tokenizer);

/// "jamba1", "jamba2", "jamba2-thinking", "none".
std::string_view nameOf(const PromptStyle& style);

}  // namespace lectern
