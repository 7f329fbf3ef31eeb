// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/question_queue.h"

#include <utility>

namespace lectern {

QuestionQueue::QuestionQueue(TaskThread& writer, Workspace& workspace, std::function<void()> stored)
    : writer_(writer),
      storing_(std::make_shared<Storing>(Storing{workspace, std::move(stored), {}})) {}

QuestionId QuestionQueue::ask(Question question) {
  const auto asked = std::make_shared<Asked>();
  asked->question = std::move(question);
  std::stop_source stop;
  {
    const std::lock_guard lock(mutex_);
    asked->id = QuestionId{++lastId_};
    running_[asked->id] = stop;
  }
  thread_.post([this, asked, token = stop.get_token()] { answer(asked, token); });
  return asked->id;
}

void QuestionQueue::stop(QuestionId question) {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(question); found != running_.end()) {
    found->second.request_stop();
  }
}

void QuestionQueue::end() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, stop] : running_) stop.request_stop();
}

void QuestionQueue::answer(const std::shared_ptr<Asked>& asked, const std::stop_token& stop) {
  bool isKept = false;
  const Result<void> made = asked->question.make(
      [this, &isKept, &asked](MessageRecord message) {
        isKept = true;
        writer_.post([storing = storing_, asked, message = std::move(message)] {
          storing->store(*asked, message);
        });
      },
      stop);
  {
    const std::lock_guard lock(mutex_);
    running_.erase(asked->id);
  }
  if (!isKept) {
    asked->question.done(made ? Error{ErrorCode::Internal, "The answer is empty."} : made.error());
    return;
  }
  writer_.post([storing = storing_, asked] { storing->finish(*asked); });
}

void QuestionQueue::Storing::store(Asked& asked, const MessageRecord& message) {
  const Question& question = asked.question;
  if (++asked.messages > 1) {
    workspace.storeFurther(message, asked.report);
    return;
  }
  std::optional<ConversationId> conversation = question.into.conversation;
  if (question.into.question && storedIn.contains(*question.into.question)) {
    conversation = storedIn.at(*question.into.question);
  }
  asked.report = workspace.store(question.text, question.scope, message, conversation);
  if (!asked.report.conversation) return;
  storedIn[asked.id] = *asked.report.conversation;
  stored();  // so that a long answer is in the list before its end
}

void QuestionQueue::Storing::finish(Asked& asked) const {
  asked.question.done(asked.report);
  if (asked.messages > 1) stored();
}

}  // namespace lectern
