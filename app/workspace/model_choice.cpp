// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_choice.h"

#include "app/workspace/paths.h"
#include "core/base/file.h"
#include "core/base/json.h"

#include <fmt/format.h>

#include <string>
#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kMaxJsonBytes = 16 << 20;

/// Empty where the file is missing or unreadable: what stands in it is a hint only.
std::string textOf(const fs::path& file) {
  Result<std::string> text = readFile(file, kMaxJsonBytes);
  return text ? std::move(*text) : std::string();
}

std::string chatTemplateOf(const fs::path& folder) {
  if (std::string own = textOf(folder / "chat_template.jinja"); !own.empty()) return own;
  const auto config = parseJson(textOf(folder / "tokenizer_config.json"), "tokenizer_config.json");
  if (!config || !config->is_object() || !config->contains("chat_template")) return {};
  const auto& value = (*config)["chat_template"];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

fs::path modelsFolder(const fs::path& dataFolder) {
  return dataFolder / "models";
}

Result<fs::path> findModel(std::string_view nameOrFolder, const fs::path& dataFolder) {
  std::error_code ignored;
  const fs::path named(nameOrFolder);
  // A name is one step of a path, and not "." or "..".
  const bool isName = !named.empty() && named == named.filename() && !nameOrFolder.starts_with('.');
  if (isName) {
    if (fs::path own = modelsFolder(dataFolder) / named; fs::is_directory(own, ignored)) return own;
  }
  if (fs::is_directory(named, ignored)) return named;
  if (isName) {
    const fs::path shipped = sharedFolder() / "models" / named;
    if (fs::is_directory(shipped, ignored)) return shipped;
  }
  const bool isFile = fs::exists(named, ignored);
  return Error{ErrorCode::ModelUnusable,
               isFile ? fmt::format("{} is a file, not the folder of a model. Name the folder that "
                                    "holds config.json and the safetensors files.",
                                    nameOrFolder)
                      : fmt::format("There is no model {}. Look at the imported ones with models "
                                    "list, or name the folder of a model.",
                                    nameOrFolder)};
}

Result<std::shared_ptr<const text::Tokenizer>> readTokenizer(const fs::path& folder) {
  std::error_code ignored;
  const fs::path file = folder / "tokenizer.json";
  if (fs::exists(file, ignored)) return text::Tokenizer::fromFile(file);
  const auto config = parseJson(textOf(folder / "config.json"), "config.json");
  if (config && config->is_object() && config->contains("vocab_size") &&
      (*config)["vocab_size"] == 256) {
    return text::Tokenizer::ofBytes();
  }
  return Error{ErrorCode::ModelUnusable,
               fmt::format("The model in {} has no tokenizer.json. Take the file that came with "
                           "the model.",
                           folder.string())};
}

PromptStyle promptStyleOf(const fs::path& folder, const text::Tokenizer& tokenizer) {
  PromptStyle style;
  style.family = text::familyOf(tokenizer);
  style.thinks = style.family == text::TemplateFamily::Jamba2 &&
                 chatTemplateOf(folder).find("Begin by thinking about the reasoning process") !=
                     std::string::npos;
  return style;
}

std::string_view nameOf(const PromptStyle& style) {
  switch (style.family) {
    case text::TemplateFamily::None:
      break;
    case text::TemplateFamily::Jamba1:
      return "jamba1";
    case text::TemplateFamily::Jamba2:
      return style.thinks ? "jamba2-thinking" : "jamba2";
  }
  return "none";
}

}  // namespace lectern
