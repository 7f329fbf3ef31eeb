// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/task_thread.h"
#include "app/workspace/workspace.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {

enum class QuestionId : int64_t {};

/// Where a question and its answer go. Neither: into a new conversation.
struct Continuation {
  std::optional<ConversationId> conversation;
  /// The conversation that this question's answer went into; it may still be on its way.
  std::optional<QuestionId> question;
};

/// Questions that are answered one after the other, on a thread of their own; what is answered is
/// stored message by message, on the writer's. Thread: any, but the destructor, which stops what is
/// being answered and waits for it.
class QuestionQueue {
 public:
  /// Takes a message of the answer that is whole.
  using Keep = std::function<void(MessageRecord message)>;
  /// Answers: calls `keep` with each message, on the thread that it is called on.
  using Make = std::function<Result<void>(const Keep& keep, std::stop_token stop)>;
  using Done = std::function<void(const Result<StoreReport>&)>;

  struct Question {
    std::string text;
    std::vector<RevisionId> scope;
    Continuation into;
    Make make;
    Done done;  ///< hears what became of all messages, or the error where there was none
  };

  /// `writer` is the thread of `workspace`; `stored` is called there after something was stored.
  QuestionQueue(TaskThread& writer, Workspace& workspace, std::function<void()> stored);
  ~QuestionQueue() { end(); }
  QuestionQueue(const QuestionQueue&) = delete;
  QuestionQueue& operator=(const QuestionQueue&) = delete;

  QuestionId ask(Question question);
  void stop(QuestionId question);
  /// Stops all.
  void end();

 private:
  /// A question on its way, and what is stored of it.
  struct Asked {
    QuestionId id{};
    Question question;
    StoreReport report;  // of the writer, as the next
    int messages = 0;    // that are stored, or could not be
  };
  /// Of the writer: what was posted to it is done there though the queue has ended.
  struct Storing {
    Workspace& workspace;
    std::function<void()> stored;
    std::map<QuestionId, ConversationId> storedIn;

    void store(Asked& asked, const MessageRecord& message);
    void finish(Asked& asked) const;
  };

  void answer(const std::shared_ptr<Asked>& asked, const std::stop_token& stop);

  TaskThread& writer_;
  std::shared_ptr<Storing> storing_;

  std::mutex mutex_;  // guards the next two
  int64_t lastId_ = 0;
  std::map<QuestionId, std::stop_source> running_;

  TaskThread thread_;  // last: it uses the others until it has ended
};

}  // namespace lectern
