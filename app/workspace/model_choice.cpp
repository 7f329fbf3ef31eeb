// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_choice.h"

#include "app/workspace/paths.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/model_file/model_folder.h"

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

/// The model where it is a GGUF file, or a folder that has one instead of a config.json.
std::shared_ptr<const ModelFolder> ggufIn(const fs::path& model) {
  std::error_code ignored;
  if (fs::exists(model / "config.json", ignored)) return nullptr;
  const auto files = ModelFolder::open(model);
  return files && !(*files)->metadata().empty() ? *files : nullptr;
}

template <class Value>
const Value* find(const ModelFolder& gguf, std::string_view key) {
  const auto found = gguf.metadata().find(key);
  return found == gguf.metadata().end() ? nullptr : std::get_if<Value>(&found->second);
}

Result<std::shared_ptr<const text::Tokenizer>> tokenizerOf(const ModelFolder& gguf) {
  const auto* pieces = find<std::vector<std::string_view>>(gguf, "tokenizer.ggml.tokens");
  const auto* types = find<std::vector<int64_t>>(gguf, "tokenizer.ggml.token_type");
  if (pieces == nullptr || types == nullptr) {
    return Error{
        ErrorCode::ModelUnusable,
        fmt::format("{} has no tokenizer. Take a file that holds one.", gguf.path().string())};
  }
  return text::Tokenizer::fromPieces(*pieces, *types, gguf.path().string());
}

std::string chatTemplateOf(const fs::path& folder) {
  if (const auto gguf = ggufIn(folder)) {
    const auto* own = find<std::string_view>(*gguf, "tokenizer.chat_template");
    return own == nullptr ? std::string() : std::string(*own);
  }
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
  fs::path named(nameOrFolder);
  // A name is one step of a path, and not "." or "..".
  const bool isName = !named.empty() && named == named.filename() && !nameOrFolder.starts_with('.');
  if (isName) {
    if (fs::path own = modelsFolder(dataFolder) / named; fs::is_directory(own, ignored)) return own;
  }
  if (fs::is_directory(named, ignored) || named.extension() == ".gguf") return named;
  if (isName) {
    fs::path shipped = sharedFolder() / "models" / named;
    if (fs::is_directory(shipped, ignored)) return shipped;
  }
  const bool isFile = fs::exists(named, ignored);
  return Error{ErrorCode::ModelUnusable,
               isFile ? fmt::format("{} is a file, not the folder of a model. Name the folder that "
                                    "holds config.json and the safetensors files, or a GGUF file.",
                                    nameOrFolder)
                      : fmt::format("There is no model {}. Look at the imported ones with models "
                                    "list, or name the folder of a model.",
                                    nameOrFolder)};
}

Result<std::shared_ptr<const text::Tokenizer>> readTokenizer(const fs::path& folder) {
  std::error_code ignored;
  const fs::path file = folder / "tokenizer.json";
  if (fs::exists(file, ignored)) return text::Tokenizer::fromFile(file);
  if (const auto gguf = ggufIn(folder)) return tokenizerOf(*gguf);
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
