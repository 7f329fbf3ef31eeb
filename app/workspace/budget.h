// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/workspace.h"
#include "core/base/result.h"
#include "core/base/sha256.h"
#include "core/context/chat_prompt.h"
#include "core/library/library.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// What a question takes of a model's window, to the token: what ContextReader will find.
struct ContextBudget {
  enum class Way : uint8_t {
    Search,     ///< no model: all documents are searched, and there is no window
    Shortlist,  ///< a model that chooses among a few sentences that a search of all finds
    Window,     ///< a model that reads the documents, whole where they fit
  };
  struct Document {
    RevisionId revision{};
    std::string title;
    int pages = 0;
    int64_t textBytes = 0;
    std::optional<int64_t> tokens;  ///< once they are counted
  };

  Way way = Way::Search;
  std::string engine;        ///< the model's name; empty: none
  int64_t windowTokens = 0;  ///< the rest is of a window alone
  std::vector<Document> documents;
  int64_t instructionTokens = 0;  ///< the prompt around the documents, their titles with it
  int64_t questionTokens = 0;     ///< what the question adds to it
  int64_t answerTokens = 0;       ///< kept free

  [[nodiscard]] bool isCounted() const;
  /// Of the documents that are counted.
  [[nodiscard]] int64_t documentTokens() const;
  /// Less than nothing: so much does not fit.
  [[nodiscard]] int64_t freeTokens() const;
  [[nodiscard]] bool fits() const { return freeTokens() >= 0; }
  /// Bytes of text that are still to be counted.
  [[nodiscard]] int64_t uncountedBytes() const;
};

/// Counts documents for models. Each is counted once: `store` is handed what was counted, to be
/// kept in the library. Thread: that of the library.
class BudgetCounter {
 public:
  using Store = std::function<void(RevisionId, const Sha256& counter, int64_t tokens)>;

  explicit BudgetCounter(Library& library) : library_(library) {}

  /// `told` hears the budget as far as it is counted: with what is known, and after each document.
  /// Documents that are not read to their end are left out, as they are of the answer. Errors:
  /// ModelUnusable, Cancelled; those of the library.
  Result<ContextBudget> count(const std::vector<RevisionId>& scope,
                              const AskOptions& options,
                              std::string_view question,
                              const Store& store,
                              const std::function<void(const ContextBudget&)>& told,
                              const std::stop_token& stop);

 private:
  /// What of a model counting needs.
  struct Model {
    std::filesystem::path folder;
    std::shared_ptr<const text::Tokenizer> tokenizer;
    Sha256 counter{};
    ChatFormat format;
    int64_t madeForTokens = 0;
    bool isFinder = false;
  };

  static Result<Model> readModel(const std::filesystem::path& folder);
  Result<void> measurePrompt(ContextBudget& budget,
                             const AskOptions& options,
                             std::string_view question) const;

  Library& library_;
  std::optional<Model> model_;  // of the last count
};

}  // namespace lectern
