// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/page_pace.h"
#include "app/workspace/workspace.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace lectern {

enum class JobId : int64_t {};

/// A file on its way into the library.
struct Job {
  enum class State : uint8_t {
    Waiting,    ///< others are read first
    Reading,    ///< its pages are being read
    Paused,     ///< the pages it has are kept; it goes on behind them
    Done,       ///< `report` says what became of it
    Failed,     ///< `error` says why; nothing that was read is lost
    Cancelled,  ///< by the user; likewise
  };

  JobId id{};
  std::filesystem::path file;
  State state = State::Waiting;
  int page = 0;  ///< the last one that is stored
  int pageCount = 0;
  std::optional<std::chrono::milliseconds> left;  ///< once it can be told
  std::optional<AddReport> report;
  std::optional<Error> error;
};

/// Files that are read into the library one after the other. A job waits, is read by whoever calls
/// `run`, and stays known for whoever tries it again. Thread: any, but `run`.
class JobQueue {
 public:
  /// `told` hears each change of a job, in their order; it must not call back.
  explicit JobQueue(std::function<void(const Job&)> told) : told_(std::move(told)) {}

  JobId add(const std::filesystem::path& file, const AddOptions& options);
  /// Pauses or cancels.
  void interrupt(JobId id, Job::State wanted);
  /// Goes on with a paused job, or tries a failed or cancelled one again. False: it is neither.
  bool resume(JobId id, const std::string& password);
  /// Stops what is read at its next page, and begins nothing more.
  void end();

  /// Reads what waits. `libraryChanged` is called when a job has its first page and when it ends.
  /// Both are called without a lock; a `run` that is called from there does nothing. Thread: that
  /// of the workspace.
  void run(Workspace& workspace,
           const std::function<void()>& betweenPages,
           const std::function<void()>& libraryChanged);

 private:
  struct Entry {
    Job job;
    AddOptions options;
    std::stop_source stop;
    Job::State wanted = Job::State::Cancelled;  // what a stop that was asked for means
    PagePace pace;
  };

  Entry* next();
  void read(Entry& entry,
            Workspace& workspace,
            const std::function<void()>& betweenPages,
            const std::function<void()>& libraryChanged);
  bool pageStored(Entry& entry, const AddProgress& progress);

  std::function<void(const Job&)> told_;  // with `mutex_` held, so that states arrive in order
  bool running_ = false;                  // of the thread that runs

  std::mutex mutex_;  // guards what follows
  bool ending_ = false;
  int64_t lastId_ = 0;
  std::map<JobId, Entry> jobs_;
  std::deque<JobId> waiting_;
};

}  // namespace lectern
