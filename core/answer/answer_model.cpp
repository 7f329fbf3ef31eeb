// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/answer_model.h"

#include "core/answer/model_text.h"
#include "core/base/file.h"

#include <fmt/format.h>

namespace lectern {

namespace {

Result<std::shared_ptr<const text::Tokenizer>> tokenizerOf(const std::filesystem::path& model,
                                                           const ModelConfig& config) {
  auto tokenizer = TRY(readTokenizer(model));
  if (tokenizer->vocabSize() > config.vocabSize) {
    return Error{ErrorCode::ModelUnusable,
                 fmt::format("The tokenizer of {} has {} tokens, and the model knows {}: they do "
                             "not belong together.",
                             model.string(), tokenizer->vocabSize(), config.vocabSize)};
  }
  return tokenizer;
}

Result<std::optional<FinderLayout>> finderOf(const std::filesystem::path& folder,
                                             const text::Tokenizer& tokenizer) {
  constexpr int64_t kMaxBytes = 1 << 16;
  const std::filesystem::path file = folder / "layout.json";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::optional<FinderLayout>();
  const Result<std::string> text = readFile(file, kMaxBytes);
  if (!text) return Error{ErrorCode::ModelUnusable, text.error().message};
  const Result<nlohmann::json> json = parseJson(*text, file.string());
  if (!json) return Error{ErrorCode::ModelUnusable, json.error().message};
  return std::optional(TRY(FinderLayout::parse(*json, tokenizer, file.string())));
}

}  // namespace

std::vector<int32_t> AnswerModel::turnEnds() const {
  if (format.family == text::TemplateFamily::None) return {};
  const bool first = format.family == text::TemplateFamily::Jamba1;
  const auto token = tokenizer->find(first ? "<|eom|>" : "<|im_end|>");
  return token ? std::vector<int32_t>{*token} : std::vector<int32_t>{};
}

Result<AnswerModel> AnswerModel::open(const std::filesystem::path& folder,
                                      const EngineOptions& options,
                                      std::stop_token stop) {
  AnswerModel model;
  model.engine = TRY(Engine::open(folder, options, std::move(stop)));
  model.tokenizer = TRY(tokenizerOf(folder, model.engine->config()));
  std::error_code ignored;
  model.name = std::filesystem::weakly_canonical(folder, ignored).filename().string();
  const PromptStyle style = promptStyleOf(folder, *model.tokenizer);
  model.format.family = style.family;
  model.format.thinks = style.thinks;
  model.finder = TRY(finderOf(folder, *model.tokenizer));
  model.format.hasStart = model.tokenizer->find("<|startoftext|>").has_value();
  return model;
}

}  // namespace lectern
