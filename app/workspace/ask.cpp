// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/answer_record.h"
#include "app/workspace/packed_models.h"
#include "app/workspace/readings.h"
#include "app/workspace/workspace.h"
#include "core/answer/extractive_answerer.h"
#include "core/base/utf8.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace lectern {

namespace {

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
                                   std::stop_token stop,
                                   std::optional<ConversationId> conversation) {
  return store(question, scope, TRY(answer(question, scope, options, sink, std::move(stop))),
               conversation);
}

Result<MessageRecord> Workspace::answer(std::string_view question,
                                        const std::vector<RevisionId>& scope,
                                        const AskOptions& options,
                                        const AnswerSink& sink,
                                        std::stop_token stop) {
  AnswerRecorder recorder;
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
  const bool sameEngine =
      answers_ && asked_.model == options.model && asked_.windowTokens == options.windowTokens &&
      asked_.threads == options.threads && asked_.cacheType == options.cacheType &&
      asked_.readings == options.readings;
  if (!sameEngine) {
    answers_.reset();  // its memory goes before the next model asks for some
    AnswerServiceOptions service{options_.dataFolder, options.model, {}, {}};
    service.engine.windowTokens = options.windowTokens;
    service.engine.threads = options.threads;
    service.engine.cacheType = options.cacheType;
    service.engine.packedFolder = packedFolder(options_.dataFolder);
    if (options.readings.maxBytes > 0) {
      service.readings = readingStore(options_.dataFolder, options.readings);
    }
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

StoreReport Workspace::store(std::string_view question,
                             const std::vector<RevisionId>& scope,
                             const MessageRecord& answer,
                             std::optional<ConversationId> conversation) {
  StoreReport report;
  if (!canWrite_) {
    report.notStored = Error{ErrorCode::Locked, readOnlyReason_};
    return report;
  }
  const auto stored = [&]() -> Result<void> {
    MessageRecord asked;
    asked.text = question;
    StoredExchange exchange =
        conversation ? TRY(library_->addExchange(*conversation, scope, asked, answer))
                     : TRY(library_->addExchange(titleOf(question), scope, asked, answer));
    report.conversation = exchange.conversation;
    report.message = exchange.answer;
    report.citations = std::move(exchange.citations);
    return {};
  }();
  if (!stored) report.notStored = stored.error();
  return report;
}

void Workspace::storeFurther(const MessageRecord& answer, StoreReport& report) {
  if (!report.conversation || report.notStored) return;
  const Result<MessageId> stored = library_->addMessage(*report.conversation, answer);
  if (stored) {
    report.message = *stored;
  } else {
    report.notStored = stored.error();
  }
}

}  // namespace lectern
