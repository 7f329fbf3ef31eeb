// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/answer/answer_model.h"
#include "core/answer/context_index.h"
#include "core/answer/document_context.h"
#include "core/answer/quote_constraint.h"
#include "core/library/library.h"
#include "core/reading/reading_store.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {

struct ModelAnswerOptions {
  SamplerOptions sampler;
  int64_t maxTokens = 1024;         ///< of the answer
  int64_t maxThoughtTokens = 4096;  ///< besides, of a model that thinks
  /// Quotations alone instead of the model's own words; it does not think then.
  bool quote = false;
  QuoteOptions quoting;  ///< its tokens are filled in
  std::string instructions{kAnswerInstructions};
};

/// Tokens of the window that are kept free for the answer, thoughts included.
int64_t answerReserve(const ModelAnswerOptions& options,
                      const ChatFormat& format,
                      int64_t windowTokens);

/// What is asked of a model that shall quote, or of one that shall not.
std::string modelQuestion(const ModelAnswerOptions& options, std::string_view question);

/// Answers with a model that has the documents before it. Its words are claims: each sentence is
/// graded when it ends, and what supports it is cited (ClaimGrader); what nothing supports is said
/// to be uncited. Or it quotes, under a constraint. NOTFOUND becomes "the documents do not say it",
/// with the nearest places.
///
/// What was read of whole documents is kept in memory, the last ones, and the next question about
/// the same documents begins from there; a question about them and further ones behind them reads
/// only those. Where `readings` is given, and enough of it is new (ReadingLimits::worthMs), it is
/// kept there, too: at each document's end, inside a long one every so many tokens, and where
/// reading was stopped; so a question begins from the longest reading that any question left. A
/// question about a shortlist is read by itself. A Finder is asked as answerWithFinder says.
///
/// Thread: one at a time, that of `library`. All three are borrowed.
class ModelAnswerer {
 public:
  ModelAnswerer(Library& library, AnswerModel& model, const ReadingStore* readings = nullptr)
      : library_(library), model_(model), readings_(readings) {}

  /// Errors arrive as Failed: those of ContextReader and Engine; Cancelled where nothing of the
  /// answer was written yet. A stop behind the first word ends the answer with AnswerEnd::Stopped.
  void answer(std::string_view question,
              const std::vector<RevisionId>& scope,
              const ModelAnswerOptions& options,
              const AnswerSink& sink,
              std::stop_token stop);

 private:
  /// What was read so far, and how much of it is on the disk.
  struct Progress {
    States states;
    ReadingNote note;       ///< of them
    TokenPrefix kept;       ///< what of them was kept, or taken back
    int64_t keptMs = 0;     ///< that this took to read
    std::string refused{};  ///< why a kept one could not be used; told once
    std::string notKept{};  ///< why this is not kept
  };
  /// Documents, and how far they were read.
  struct Reading {
    std::vector<RevisionId> scope;  ///< empty of a shortlist
    std::string instructions;
    bool thinks = false;
    std::shared_ptr<const DocumentContext> documents;
    std::shared_ptr<const ContextIndex> index;
    std::shared_ptr<const QuoteSource> quotable;  ///< once quotations were asked for
    Progress progress;
  };

  Result<void> tryAnswer(const std::string& question,
                         const std::vector<RevisionId>& revisions,
                         const ModelAnswerOptions& options,
                         const AnswerSink& sink,
                         const std::stop_token& stop);
  /// Sets `reading_`, and gives the tokens of the question behind it.
  Result<std::vector<int32_t>> prepare(const Scope& scope,
                                       const ContextRequest& request,
                                       const std::stop_token& stop);
  /// What new documents can begin from: what is in memory, if that begins alike, or what is kept
  /// of them on the disk, if that is longer and `fromDisk` says so.
  Result<Progress> beginningOf(const Context& context, bool fromDisk, const std::stop_token& stop);
  /// Reads what is still missing of the documents.
  Result<void> readOn(const Scope& scope,
                      int64_t questionTokens,
                      const AnswerSink& sink,
                      const std::stop_token& stop);
  /// Keeps what was read on the disk, where enough of it is new.
  void keep(const Scope& scope, const std::stop_token& stop);

  Library& library_;
  AnswerModel& model_;
  const ReadingStore* readings_;
  std::optional<Reading> reading_;
};

}  // namespace lectern
