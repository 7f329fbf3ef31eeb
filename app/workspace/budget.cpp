// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/budget.h"

#include "app/workspace/model_choice.h"
#include "core/answer/document_context.h"
#include "core/answer/scope.h"
#include "core/engine/model_config.h"
#include "core/model_file/model_folder.h"
#include "core/text/chat_template.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace lectern {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kMaxJsonBytes = 64 << 20;

// Another form of pages in a context makes other counts; then this name changes with it.
constexpr std::string_view kForm = "lectern-context/1\n";

/// Empty where the file cannot be read: whoever needs it says so.
std::string bytesOf(const fs::path& file) {
  Result<std::string> bytes = readFile(file, kMaxJsonBytes);
  return bytes ? std::move(*bytes) : std::string();
}

/// Of the tokenizer's file, which says all of it; of its pieces where it has no file of its own.
Sha256 counterOf(const fs::path& folder, const text::Tokenizer& tokenizer) {
  std::string identity(kForm);
  const std::string file = bytesOf(folder / "tokenizer.json");
  identity += file;
  if (!file.empty()) return sha256(identity);
  for (const std::string& piece : tokenizer.pieces()) (identity += piece) += '\0';
  return sha256(identity);
}

int64_t tokensOf(const text::Tokenizer& tokenizer, const std::vector<text::PromptPart>& parts) {
  return static_cast<int64_t>(text::encodePrompt(tokenizer, parts).size());
}

}  // namespace

bool ContextBudget::isCounted() const {
  return way != Way::Window || std::ranges::all_of(documents, [](const Document& document) {
           return document.tokens.has_value();
         });
}

int64_t ContextBudget::documentTokens() const {
  int64_t sum = 0;
  for (const Document& document : documents) sum += document.tokens.value_or(0);
  return sum;
}

int64_t ContextBudget::freeTokens() const {
  return windowTokens - instructionTokens - questionTokens - documentTokens() - answerTokens;
}

int64_t ContextBudget::uncountedBytes() const {
  int64_t sum = 0;
  for (const Document& document : documents) sum += document.tokens ? 0 : document.textBytes;
  return sum;
}

Result<BudgetCounter::Model> BudgetCounter::readModel(const fs::path& folder) {
  Model model;
  model.folder = folder;
  const auto files = TRY(ModelFolder::open(folder));
  model.madeForTokens =
      TRY(parseModelConfig(files->config(), folder.string())).maxPositionEmbeddings;
  model.tokenizer = TRY(readTokenizer(folder));
  model.counter = counterOf(folder, *model.tokenizer);
  const PromptStyle style = promptStyleOf(folder, *model.tokenizer);
  model.format = {style.family, style.thinks, model.tokenizer->find("<|startoftext|>").has_value()};
  std::error_code ignored;
  model.isFinder = fs::exists(folder / "layout.json", ignored);
  return model;
}

Result<void> BudgetCounter::measurePrompt(ContextBudget& budget,
                                          const AskOptions& options,
                                          std::string_view question) const {
  ChatFormat format = model_->format;
  if (options.answer.quote) format.thinks = false;
  budget.answerTokens = answerReserve(options.answer, format, budget.windowTokens);
  std::vector<std::string> titles;
  titles.reserve(budget.documents.size());
  for (const ContextBudget::Document& document : budget.documents) {
    titles.push_back(document.title);
  }
  const auto measure = [&](std::string_view asked) -> Result<int64_t> {
    int64_t tokens = 0;
    for (const auto& piece : TRY(chatPrompt(format, titles, options.answer.instructions,
                                            modelQuestion(options.answer, asked)))) {
      tokens += tokensOf(*model_->tokenizer, piece);
    }
    return tokens;
  };
  budget.instructionTokens = TRY(measure({}));
  budget.questionTokens = question.empty() ? 0 : TRY(measure(question)) - budget.instructionTokens;
  return {};
}

Result<ContextBudget> BudgetCounter::count(const std::vector<RevisionId>& scope,
                                           const AskOptions& options,
                                           std::string_view question,
                                           const Store& store,
                                           const std::function<void(const ContextBudget&)>& told,
                                           const std::stop_token& stop) {
  ContextBudget budget;
  std::vector<RevisionInfo> infos;
  if (!scope.empty()) {
    const Scope documents = TRY(readScope(library_, scope));
    for (size_t i = 0; i < documents.infos.size(); ++i) {
      const RevisionInfo& info = documents.infos[i];
      if (!info.sealed) continue;
      budget.documents.push_back(
          {info.id, documents.titles[i], info.pagesStored, info.textBytes, {}});
      infos.push_back(info);
    }
  }
  if (options.model.empty()) return budget;

  if (!model_ || model_->folder != options.model) model_ = TRY(readModel(options.model));
  std::error_code ignored;
  budget.engine = fs::weakly_canonical(options.model, ignored).filename().string();
  budget.windowTokens = options.windowTokens > 0
                            ? std::min(options.windowTokens, model_->madeForTokens)
                            : model_->madeForTokens;
  budget.way = model_->isFinder ? ContextBudget::Way::Shortlist : ContextBudget::Way::Window;
  if (model_->isFinder) return budget;

  TRY(measurePrompt(budget, options, question));
  for (ContextBudget::Document& document : budget.documents) {
    document.tokens = TRY(library_.tokenCount(document.revision, model_->counter));
  }
  for (size_t i = 0; i < infos.size(); ++i) {
    std::optional<int64_t>& tokens = budget.documents[i].tokens;
    if (tokens) continue;
    if (told) told(budget);
    tokens = TRY(countTokens(library_, infos[i], model_->tokenizer, {}, stop));
    if (store) store(infos[i].id, model_->counter, *tokens);
  }
  return budget;
}

}  // namespace lectern
