// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/model_text.h"

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
  if (const auto* json = find<std::string_view>(gguf, kGgufTokenizerJson)) {
    const Result<nlohmann::json> parsed =
        parseJson(*json, fmt::format("{} in {}", kGgufTokenizerJson, gguf.path().string()));
    if (!parsed) return Error{ErrorCode::ModelUnusable, parsed.error().message};
    return text::Tokenizer::fromJson(*parsed, gguf.path().string());
  }
  const auto* pieces = find<std::vector<std::string_view>>(gguf, "tokenizer.ggml.tokens");
  const auto* types = find<std::vector<int64_t>>(gguf, "tokenizer.ggml.token_type");
  if (pieces == nullptr || types == nullptr) {
    return Error{
        ErrorCode::ModelUnusable,
        fmt::format("{} has no tokenizer. Take a file that holds one.", gguf.path().string())};
  }
  return text::Tokenizer::fromPieces(*pieces, *types, gguf.path().string());
}

}  // namespace

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
