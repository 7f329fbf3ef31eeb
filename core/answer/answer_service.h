// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/model_answerer.h"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace lectern {

/// Which model answers, and from which library.
struct AnswerServiceOptions {
  std::filesystem::path libraryFolder;  ///< opened for reading, beside whoever writes
  std::filesystem::path modelFolder;
  EngineOptions engine;                  ///< its `loading` is not used: Loading events tell of it
  std::optional<ReadingStore> readings;  ///< where what it has read is kept
};

/// A question for the service.
struct AnswerRequest {
  std::string question;
  std::vector<RevisionId> scope;
  ModelAnswerOptions options;
};

/// Owns the engine, on a thread of its own. Questions are answered one after the other, in the
/// order in which they were asked. Each sink is called on the service's thread, with the events of
/// its question in order, ends with exactly one Finished or Failed, and is not called again; it
/// must not throw, and must not wait for the service. The model is loaded with the first question,
/// and again with the next where that failed or was stopped. What a question about the same
/// documents needs is kept (see ModelAnswerer).
///
/// Thread: `ask` and the handles may be used from any. The destructor stops what is running, fails
/// what is waiting with Cancelled, and returns when the thread has ended; it must not run on it.
class AnswerService {
 public:
  /// A question that was asked. Letting go of it changes nothing.
  class Handle {
   public:
    /// Ends the answer within a token; or the wait for it, then with Failed(Cancelled).
    void stop() const { stop_->request_stop(); }

   private:
    friend class AnswerService;
    explicit Handle(std::shared_ptr<std::stop_source> stop) : stop_(std::move(stop)) {}
    std::shared_ptr<std::stop_source> stop_;
  };

  explicit AnswerService(AnswerServiceOptions options);
  ~AnswerService();
  AnswerService(const AnswerService&) = delete;
  AnswerService& operator=(const AnswerService&) = delete;

  [[nodiscard]] const std::filesystem::path& modelFolder() const { return options_.modelFolder; }

  Handle ask(AnswerRequest request, AnswerSink sink);

 private:
  struct Job {
    AnswerRequest request;
    AnswerSink sink;
    std::shared_ptr<std::stop_source> stop;
  };
  /// What lives on the thread alone.
  struct Loaded;

  void run(const std::stop_token& end);
  void answer(const Job& job, std::unique_ptr<Loaded>& loaded) const;
  Result<std::unique_ptr<Loaded>> load(const Job& job) const;

  const AnswerServiceOptions options_;
  std::mutex mutex_;                     // guards `waiting_` and `running_`
  std::condition_variable_any changed_;  // something waits
  std::deque<Job> waiting_;
  std::shared_ptr<std::stop_source> running_;  // of the question that is being answered
  std::jthread thread_;                        // last: ends before what it uses goes
};

}  // namespace lectern
