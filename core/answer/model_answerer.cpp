// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/model_answerer.h"

#include "core/answer/answer_decoding.h"
#include "core/answer/finder_answerer.h"
#include "core/base/check.h"
#include "core/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace lectern {

namespace {

// Of the window, at most one part in so many is kept free for the answer.
constexpr int64_t kAnswerShare = 8;

int64_t mostTokens(const ModelAnswerOptions& options, const ChatFormat& format) {
  return options.maxTokens + (format.thinks ? options.maxThoughtTokens : 0);
}

Result<std::vector<NearestPassage>> nearestTo(Library& library,
                                              const Scope& scope,
                                              std::string_view text) {
  LibraryWeights weights(library);
  const Question question = analyzeQuestion(text, std::ref(weights));
  TRY(Result<void>(weights.status()));
  if (question.isEmpty()) return std::vector<NearestPassage>();
  const std::vector<Found> found = TRY(findCandidates(library, question, scope.revisions));
  return nearestPassages(library, scope, found, rank(question, found));
}

}  // namespace

int64_t answerReserve(const ModelAnswerOptions& options,
                      const ChatFormat& format,
                      int64_t windowTokens) {
  return std::min(mostTokens(options, format), windowTokens / kAnswerShare);
}

std::string modelQuestion(const ModelAnswerOptions& options, std::string_view question) {
  return options.quote ? fmt::format("{}\n\n{}", kQuoteInstructions, question)
                       : std::string(question);
}

Result<ModelAnswerer::Progress> ModelAnswerer::beginningOf(const Context& context,
                                                           bool fromDisk,
                                                           const std::stop_token& stop) {
  const bool inMemory = [&] {
    if (!reading_ || reading_->scope.empty()) return false;
    const std::vector<int32_t>& read = reading_->documents->context->tokens;
    const auto done = static_cast<size_t>(reading_->progress.states.position());
    return done <= context.tokens.size() &&
           std::equal(read.begin(), read.begin() + static_cast<std::ptrdiff_t>(done),
                      context.tokens.begin());
  }();
  if (!inMemory) reading_.reset();  // its memory goes before the new one asks for some
  std::string refused;
  if (fromDisk && readings_ != nullptr) {
    const int64_t done = inMemory ? reading_->progress.states.position() : 0;
    Result<ReadingStore::Taken> taken = readings_->take(*model_.engine, context.tokens, done, stop);
    if (!taken && taken.error().code == ErrorCode::Cancelled) return taken.error();
    if (!taken || !taken->problems.empty()) {
      refused = fmt::format("{} It was read again.",
                            taken ? taken->problems.front() : taken.error().message);
    }
    if (taken && taken->states) {
      const TokenPrefix kept = taken->states->prefix();
      const int64_t keptMs = taken->note.readMs;
      return Progress{
          std::move(*taken->states), std::move(taken->note), kept, keptMs, std::move(refused), {}};
    }
  }
  if (inMemory) {
    if (!refused.empty()) reading_->progress.refused = std::move(refused);
    return std::move(reading_->progress);
  }
  return Progress{TRY(model_.engine->newStates()), {}, {}, 0, std::move(refused), {}};
}

Result<std::vector<int32_t>> ModelAnswerer::prepare(const Scope& scope,
                                                    const ContextRequest& request,
                                                    const std::stop_token& stop) {
  const ContextReader reader(library_, scope, model_.tokenizer, request);
  std::vector<RevisionId> sealed;
  for (const RevisionInfo& info : scope.infos) {
    if (info.sealed) sealed.push_back(info.id);
  }
  if (reading_ && !sealed.empty() && reading_->scope == sealed &&
      reading_->instructions == request.instructions && reading_->thinks == request.format.thinks) {
    if (auto question = TRY(reader.questionBehind(*reading_->documents))) {
      return std::move(*question);
    }
  }
  auto documents = std::make_shared<const DocumentContext>(TRY(reader.read(stop)));
  std::vector<int32_t> question = documents->question;
  auto index = std::make_shared<const ContextIndex>(*documents->context, documents->segmentTexts);
  const bool whole = !documents->reading.shortlisted;
  Reading next{{},
               request.instructions,
               request.format.thinks,
               documents,
               std::move(index),
               nullptr,
               TRY(beginningOf(*documents->context, whole, stop))};
  if (whole) next.scope = std::move(sealed);
  reading_ = std::move(next);
  return question;
}

// Each document begins a line of the grid, and no chunk reaches across its end: so it makes no
// difference to the bit whether what stands behind it is read at once or with a later question, or
// a long document in one piece.
Result<void> ModelAnswerer::readOn(const Scope& scope,
                                   int64_t questionTokens,
                                   const AnswerSink& sink,
                                   const std::stop_token& stop) {
  const Context& context = *reading_->documents->context;
  States& states = reading_->progress.states;
  const auto all = static_cast<int64_t>(context.tokens.size());
  const int64_t from = states.position();
  const int64_t chunk = model_.engine->chunkTokens();
  // On the grid, so that the bits are the same with and without.
  const int64_t every = readings_ != nullptr ? readings_->limits().everyTokens : all;
  const int64_t piece = (every + chunk - 1) / chunk * chunk;
  std::vector<int64_t> ends;
  for (const ContextItem& item : context.items) {
    for (int64_t end = item.tokens.begin; end < item.tokens.end; end += piece) ends.push_back(end);
    ends.push_back(item.tokens.end);
  }
  TRY(states.reserve(all - from));
  const std::span<const int32_t> tokens(context.tokens);
  for (const int64_t end : ends) {
    const int64_t begin = states.position();
    if (end <= begin) continue;
    const bool atItem =
        std::any_of(context.items.begin(), context.items.end(),
                    [&](const ContextItem& item) { return item.tokens.begin == begin; });
    if (atItem) Engine::beginDocument(states);
    const auto started = std::chrono::steady_clock::now();
    const Result<void> read = model_.engine->prefill(
        states, tokens.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)),
        [&](int64_t done) { sink(Prefilling{begin - from + done, all - from + questionTokens}); },
        stop);
    reading_->progress.note.readMs += std::chrono::duration_cast<std::chrono::milliseconds>(
                                          std::chrono::steady_clock::now() - started)
                                          .count();
    if (read) {
      keep(scope, stop);
    } else if (read.error().code == ErrorCode::Cancelled) {
      keep(scope, {});
      Error stopped = read.error();
      if (reading_->progress.kept == states.prefix()) stopped.message += " What was read is kept.";
      return stopped;
    } else {
      reading_.reset();  // after a fault the states are spent
      return read.error();
    }
  }
  keep(scope, stop);  // also what could not be kept the last time
  return {};
}

void ModelAnswerer::keep(const Scope& scope, const std::stop_token& stop) {
  Progress& progress = reading_->progress;
  if (readings_ == nullptr || reading_->scope.empty() ||
      progress.note.readMs - progress.keptMs < readings_->limits().worthMs) {
    return;
  }
  const int64_t position = progress.states.position();
  progress.note.model = model_.name;
  progress.note.documents.clear();
  progress.note.inDocument = false;
  for (const ContextItem& item : reading_->documents->context->items) {
    if (item.tokens.begin == position) return;  // its end, or the one before it, does
    if (item.tokens.begin > position) break;
    progress.note.inDocument = position < item.tokens.end;
    const auto info = std::ranges::find(scope.infos, item.revision, &RevisionInfo::id);
    LECTERN_CHECK(info != scope.infos.end());
    progress.note.documents.push_back(info->contentSha256);
  }
  if (progress.note.documents.empty()) return;
  const Result<void> kept =
      readings_->keep(*model_.engine, progress.states, progress.kept, progress.note, stop);
  if (kept) {
    progress.kept = progress.states.prefix();
    progress.keptMs = progress.note.readMs;
    progress.notKept.clear();
  } else if (kept.error().code != ErrorCode::Cancelled) {
    progress.notKept =
        fmt::format("What was read is not kept for the next time: {}", kept.error().message);
  }
}

Result<void> ModelAnswerer::tryAnswer(const std::string& question,
                                      const std::vector<RevisionId>& revisions,
                                      const ModelAnswerOptions& options,
                                      const AnswerSink& sink,
                                      const std::stop_token& stop) {
  const Scope scope = TRY(readScope(library_, revisions));
  if (scope.reading.pagesRead == 0) {
    Finished finished;
    finished.found = false;
    finished.reading = scope.reading;
    finished.reading.engine = model_.name;
    sayNotFound(finished.reading, sink);
    sink(std::move(finished));
    return {};
  }
  if (model_.finder) {
    return answerWithFinder(library_, model_, question, revisions, {}, sink, stop);
  }
  Engine& engine = *model_.engine;
  ContextRequest request{model_.format, options.instructions, modelQuestion(options, question),
                         engine.windowTokens(), 0};
  if (options.quote) request.format.thinks = false;
  const int64_t most = mostTokens(options, request.format);
  request.answerTokens = answerReserve(options, request.format, request.windowTokens);
  const std::vector<int32_t> tokens = TRY(prepare(scope, request, stop));
  const auto questionTokens = static_cast<int64_t>(tokens.size());
  const int64_t before = reading_->progress.states.position();
  TRY(readOn(scope, questionTokens, sink, stop));
  const int64_t read = reading_->progress.states.position() - before;
  States states = TRY(reading_->progress.states.fork());
  Engine::beginDocument(states);
  TRY(engine.prefill(
      states, tokens, [&](int64_t done) { sink(Prefilling{read + done, read + questionTokens}); },
      stop));

  const DocumentContext& documents = *reading_->documents;
  const AskedModel asked{library_, model_,          documents, *reading_->index,
                         states,   options.sampler, most};
  if (options.quote && !reading_->quotable) {
    reading_->quotable = std::make_shared<const QuoteSource>(documents.context, *model_.tokenizer);
  }
  const Decoded decoded =
      options.quote ? TRY(writeQuotations(asked, reading_->quotable, options.quoting, sink, stop))
                    : TRY(writeFreely(asked, sink, stop));
  Finished finished;
  finished.reading = documents.reading;
  // The documents may be a reading of before; these go on being read.
  finished.reading.unfinished = scope.reading.unfinished;
  finished.reading.unfinishedRead = scope.reading.unfinishedRead;
  finished.reading.unfinishedPages = scope.reading.unfinishedPages;
  finished.reading.engine = model_.name;
  finished.reading.tokensKept = before;
  finished.notice = std::exchange(reading_->progress.refused, {});
  if (const std::string& notKept = reading_->progress.notKept; !notKept.empty()) {
    finished.notice += (finished.notice.empty() ? "" : " ") + notKept;
  }
  finished.thoughtTokens = decoded.thoughtTokens;
  finished.end = decoded.end;
  finished.found = decoded.found;
  if (!decoded.found) {
    finished.nearest = TRY(nearestTo(library_, scope, question));
    sayNotFound(finished.reading, sink);
  }
  sink(std::move(finished));
  return {};
}

void ModelAnswerer::answer(std::string_view question,
                           const std::vector<RevisionId>& scope,
                           const ModelAnswerOptions& options,
                           const AnswerSink& sink,
                           std::stop_token stop) {
  const Result<void> answered = tryAnswer(utf8::repaired(question), scope, options, sink, stop);
  if (!answered.has_value()) sink(Failed{answered.error()});
}

}  // namespace lectern
