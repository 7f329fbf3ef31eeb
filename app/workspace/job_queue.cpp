// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/job_queue.h"

#include <utility>

namespace lectern {

namespace {

bool hasEnded(Job::State state) {
  return state == Job::State::Done || state == Job::State::Failed || state == Job::State::Cancelled;
}

}  // namespace

JobId JobQueue::add(const std::filesystem::path& file, const AddOptions& options) {
  const std::lock_guard lock(mutex_);
  const JobId id{++lastId_};
  Entry& entry = jobs_[id];
  entry.job.id = id;
  entry.job.file = file;
  entry.options = options;
  waiting_.push_back(id);
  told_(entry.job);
  return id;
}

void JobQueue::interrupt(JobId id, Job::State wanted) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || hasEnded(found->second.job.state)) return;
  Entry& entry = found->second;
  entry.wanted = wanted;
  if (entry.job.state == Job::State::Reading) {
    entry.stop.request_stop();
    return;
  }
  std::erase(waiting_, id);
  entry.job.state = wanted;
  told_(entry.job);
}

bool JobQueue::resume(JobId id, const std::string& password) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return false;
  Entry& entry = found->second;
  if (entry.job.state == Job::State::Waiting || entry.job.state == Job::State::Reading ||
      entry.job.state == Job::State::Done) {
    return false;
  }
  if (!password.empty()) entry.options.password = password;
  entry.stop = std::stop_source();
  entry.job.state = Job::State::Waiting;
  entry.job.error.reset();
  waiting_.push_back(id);
  told_(entry.job);
  return true;
}

void JobQueue::end() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  for (auto& [id, entry] : jobs_) entry.stop.request_stop();
}

// One at a time: a job that lets others catch up must not begin the next one.
void JobQueue::run(Workspace& workspace,
                   const std::function<void()>& betweenPages,
                   const std::function<void()>& libraryChanged) {
  if (running_) return;
  running_ = true;
  while (Entry* entry = next()) {
    read(*entry, workspace, betweenPages, libraryChanged);
    libraryChanged();
  }
  running_ = false;
}

JobQueue::Entry* JobQueue::next() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty() || ending_) return nullptr;
  Entry& entry = jobs_.at(waiting_.front());
  waiting_.pop_front();
  entry.job.state = Job::State::Reading;
  entry.pace.start(PagePace::Clock::now());
  told_(entry.job);
  return &entry;
}

void JobQueue::read(Entry& entry,
                    Workspace& workspace,
                    const std::function<void()>& betweenPages,
                    const std::function<void()>& libraryChanged) {
  bool isFirst = true;
  const Result<AddReport> report = workspace.add(
      entry.job.file, entry.options,
      [&](const AddProgress& progress) {
        if (!pageStored(entry, progress)) return;
        if (std::exchange(isFirst, false)) libraryChanged();
        betweenPages();
      },
      entry.stop.get_token());
  const std::lock_guard lock(mutex_);
  Job& job = entry.job;
  job.left.reset();
  if (report) {
    job.state = Job::State::Done;
    job.report = *report;
  } else if (report.error().code == ErrorCode::Cancelled) {
    job.state = entry.wanted;
  } else {
    job.state = Job::State::Failed;
    job.error = report.error();
  }
  told_(job);
}

// False: all of it ends, and nothing else comes between.
bool JobQueue::pageStored(Entry& entry, const AddProgress& progress) {
  const std::lock_guard lock(mutex_);
  entry.pace.pageDone(PagePace::Clock::now());
  entry.job.page = progress.page;
  entry.job.pageCount = progress.pageCount;
  entry.job.left = entry.pace.left(progress.pageCount - progress.page);
  told_(entry.job);
  return !ending_;
}

}  // namespace lectern
