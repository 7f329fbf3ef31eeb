// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/workspace.h"
#include "core/answer/extractive_answerer.h"
#include "core/answer/scope.h"
#include "core/base/utf8.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace lectern {

namespace {

/// The record that an answer's events amount to.
class Recorder {
 public:
  void take(const AnswerEvent& event) {
    if (const auto* text = std::get_if<Text>(&event)) record_.text += text->utf8;
    if (const auto* cited = std::get_if<Cited>(&event)) record_.claims.push_back(cited->claim);
    if (const auto* finished = std::get_if<Finished>(&event)) finished_ = *finished;
    if (const auto* failed = std::get_if<Failed>(&event)) failed_ = failed->error;
  }

  Result<MessageRecord> finish() {
    if (failed_) return *failed_;
    if (!finished_) return Error{ErrorCode::Internal, "The answer ended without a word."};
    record_.role = MessageRecord::Role::Assistant;
    if (!finished_->found) recordNearest();
    record_.header = headerOf(*finished_);
    return std::move(record_);
  }

 private:
  // The nearest places hang on the claim that nothing was found, so that they too have names.
  void recordNearest() {
    if (record_.claims.empty()) {
      record_.text = kNotFoundText;
      record_.claims.emplace_back().span = {0, static_cast<int64_t>(kNotFoundText.size())};
    }
    Claim& claim = record_.claims.back();
    claim.grade = Grade::NotFound;
    for (const NearestPassage& near : finished_->nearest) claim.citations.push_back(near.citation);
  }

  static std::string headerOf(const Finished& finished) {
    const ReadingReport& reading = finished.reading;
    return nlohmann::ordered_json{{"engine", reading.engine},
                                  {"found", finished.found},
                                  {"documents", reading.documents},
                                  {"pagesRead", reading.pagesRead},
                                  {"pagesUnread", reading.pagesUnread},
                                  {"segments", reading.segments},
                                  {"tokensShown", reading.tokensShown},
                                  {"segmentsShown", reading.segmentsShown},
                                  {"pagesShown", reading.pagesShown},
                                  {"shortlisted", reading.shortlisted},
                                  {"thoughtTokens", finished.thoughtTokens},
                                  {"end", toString(finished.end)}}
        .dump();
  }

  MessageRecord record_;
  std::optional<Finished> finished_;
  std::optional<Error> failed_;
};

/// Hands events from the service's thread to the one that waits for them.
class EventQueue {
 public:
  // Notifies under the lock: the last event lets the queue go.
  void push(const AnswerEvent& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    filled_.notify_one();
  }
  AnswerEvent pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return !events_.empty(); });
    AnswerEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

 private:
  std::mutex mutex_;  // guards `events_`
  std::condition_variable filled_;
  std::deque<AnswerEvent> events_;
};

/// The first words of a question, as the conversation's title.
std::string titleOf(std::string_view question) {
  constexpr int64_t kMaxBytes = 80;
  if (static_cast<int64_t>(question.size()) <= kMaxBytes) return std::string(question);
  int64_t end = kMaxBytes;
  while (!utf8::isBoundary(question, end)) --end;
  return std::string(question.substr(0, static_cast<size_t>(end))) + "…";
}

}  // namespace

Result<StoreReport> Workspace::ask(std::string_view question,
                                   const std::vector<RevisionId>& scope,
                                   const AskOptions& options,
                                   const AnswerSink& sink,
                                   std::stop_token stop) {
  return store(question, scope, TRY(answer(question, scope, options, sink, std::move(stop))));
}

Result<MessageRecord> Workspace::answer(std::string_view question,
                                        const std::vector<RevisionId>& scope,
                                        const AskOptions& options,
                                        const AnswerSink& sink,
                                        std::stop_token stop) {
  Recorder recorder;
  const AnswerSink both = [&](const AnswerEvent& event) {
    recorder.take(event);
    if (sink) sink(event);
  };
  if (options.model.empty()) {
    answerExtractively(*library_, question, scope, ExtractiveOptions{}, both, std::move(stop));
  } else {
    askModel(question, scope, options, both, stop);
  }
  return recorder.finish();
}

void Workspace::askModel(std::string_view question,
                         const std::vector<RevisionId>& scope,
                         const AskOptions& options,
                         const AnswerSink& sink,
                         const std::stop_token& stop) {
  const bool sameEngine = answers_ && asked_.model == options.model &&
                          asked_.windowTokens == options.windowTokens &&
                          asked_.threads == options.threads;
  if (!sameEngine) {
    answers_.reset();  // its memory goes before the next model asks for some
    AnswerServiceOptions service{options_.dataFolder, options.model, {}};
    service.engine.windowTokens = options.windowTokens;
    service.engine.threads = options.threads;
    answers_ = std::make_unique<AnswerService>(std::move(service));
    asked_ = options;
  }
  EventQueue events;
  const AnswerService::Handle handle =
      answers_->ask({std::string(question), scope, options.answer},
                    [&events](const AnswerEvent& event) { events.push(event); });
  const std::stop_callback onStop(stop, [&handle] { handle.stop(); });
  for (bool ended = false; !ended;) {
    const AnswerEvent event = events.pop();
    ended = std::holds_alternative<Finished>(event) || std::holds_alternative<Failed>(event);
    sink(event);
  }
}

Result<SummaryReport> Workspace::summarize(const std::vector<RevisionId>& scope,
                                           const OutlineOptions& options,
                                           std::stop_token stop) {
  SummaryReport report;
  MessageRecord record;
  record.role = MessageRecord::Role::Assistant;
  record.header = nlohmann::ordered_json{{"engine", "outline"}, {"documents", scope.size()}}.dump();
  std::string titles;
  for (const RevisionId revision : scope) {
    titles += (titles.empty() ? "" : ", ") + TRY(library_->revision(revision)).document.title;
    Result<std::vector<SectionSummary>> sections =
        summarizeOutline(*library_, revision, options, stop);
    if (!sections && sections.error().code != ErrorCode::NotFound) {
      return std::move(sections).error();
    }
    report.documents.push_back(
        {revision, sections ? std::move(*sections) : std::vector<SectionSummary>{}});
    for (const SectionSummary& section : report.documents.back().sections) {
      for (const Citation& sentence : section.sentences) {
        const auto begin = static_cast<int64_t>(record.text.size());
        record.text += sentence.quote;
        Claim claim;
        claim.span = {begin, static_cast<int64_t>(record.text.size())};
        claim.grade = Grade::Verbatim;
        claim.coverage = 1;
        claim.citations = {sentence};
        record.claims.push_back(std::move(claim));
        record.text += '\n';
      }
    }
  }
  if (!record.claims.empty()) {
    report.store = store(fmt::format("Summary of {}", titles), scope, record);
  }
  return report;
}

StoreReport Workspace::store(std::string_view question,
                             const std::vector<RevisionId>& scope,
                             const MessageRecord& answer) {
  StoreReport report;
  if (!canWrite_) {
    report.notStored = Error{ErrorCode::Locked, readOnlyReason_};
    return report;
  }
  const auto stored = [&]() -> Result<void> {
    MessageRecord asked;
    asked.text = question;
    StoredExchange exchange = TRY(library_->addExchange(titleOf(question), scope, asked, answer));
    report.message = exchange.answer;
    report.citations = std::move(exchange.citations);
    return {};
  }();
  if (!stored) report.notStored = stored.error();
  return report;
}

}  // namespace lectern
