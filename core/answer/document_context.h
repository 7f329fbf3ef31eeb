// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/scope.h"
#include "core/context/chat_prompt.h"
#include "core/context/context.h"
#include "core/text/tokenizer.h"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// Documents as a model reads them, and the words that a question adds behind them.
struct DocumentContext {
  std::shared_ptr<const Context> context;  ///< the documents, with all that stands before them
  std::vector<std::string> segmentTexts;   ///< of each of its segments
  std::vector<int32_t> question;           ///< tokens behind the context
  ReadingReport reading;
};

/// What is asked, and how much there is room for.
struct ContextRequest {
  ChatFormat format;
  std::string instructions;
  std::string question;
  int64_t windowTokens = 0;
  int64_t answerTokens = 0;  ///< kept free for the answer
};

/// The tokens of a sealed document that ContextReader reads whole, the marks of its pages with
/// them, what the prompt says around it not. `page` hears how many pages are done. Errors:
/// Cancelled; those of the library.
Result<int64_t> countTokens(Library& library,
                            const RevisionInfo& document,
                            std::shared_ptr<const text::Tokenizer> tokenizer,
                            const std::function<void(int page)>& page,
                            const std::stop_token& stop);

/// Reads documents from the library into a context: whole and in order where they fit; else what
/// BM25 finds for the question, sentences and passages around them, in document order, half a
/// window or 32 K tokens of it (citations.md 3). What was read is counted to the token, and
/// `reading` says it. Documents that are not sealed are left out.
///
/// Errors: DoesNotFit, with both numbers, for a question that leaves no room; Usage for one without
/// a word to look for where the documents do not fit; Cancelled; those of the library.
class ContextReader {
 public:
  ContextReader(Library& library,
                const Scope& scope,
                std::shared_ptr<const text::Tokenizer> tokenizer,
                ContextRequest request);

  Result<DocumentContext> read(std::stop_token stop) const;

  /// The tokens of the question behind documents that were read before, if all fits.
  [[nodiscard]] Result<std::optional<std::vector<int32_t>>> questionBehind(
      const DocumentContext& whole) const;

 private:
  struct Chosen;
  using Pieces = std::vector<std::vector<text::PromptPart>>;

  [[nodiscard]] std::vector<std::string> sealedTitles() const;
  [[nodiscard]] Result<Pieces> pieces(const std::vector<std::string>& titles) const;
  [[nodiscard]] Result<std::optional<DocumentContext>> readWhole(const std::stop_token& stop) const;
  [[nodiscard]] Result<DocumentContext> readShortlist(const std::stop_token& stop) const;
  [[nodiscard]] Result<DocumentContext> write(const Chosen& chosen) const;
  [[nodiscard]] int64_t room(const std::vector<int32_t>& question) const;

  Library& library_;
  const Scope& scope_;
  std::shared_ptr<const text::Tokenizer> tokenizer_;
  ContextRequest request_;
};

}  // namespace lectern
