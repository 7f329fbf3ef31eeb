// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace lectern {

/// A thread that does one thing after the other. Thread: any may post.
class TaskThread {
 public:
  using Task = std::function<void()>;

  TaskThread() : TaskThread({}, {}) {}
  /// Does `rest`, on the thread, once nothing was posted for so long after a task.
  TaskThread(std::chrono::milliseconds after, Task rest)
      : after_(after),
        rest_(std::move(rest)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}
  /// Waits until all that was posted is done.
  ~TaskThread() {
    thread_.request_stop();
    thread_.join();
  }
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  void post(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    wake_.notify_one();
  }

  /// Does what was posted up to now. For a long task, on this thread, between two of its steps.
  void catchUp() {
    while (Task task = next()) task();
  }

 private:
  Task next() {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty()) return {};
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  void run(const std::stop_token& stop) {
    const auto hasTasks = [this] { return !tasks_.empty(); };
    for (bool rested = true;;) {
      std::unique_lock lock(mutex_);
      if (!rested && rest_ && !wake_.wait_for(lock, stop, after_, hasTasks)) {
        lock.unlock();
        rest_();
        rested = true;
        continue;
      }
      if (!wake_.wait(lock, stop, hasTasks)) return;
      lock.unlock();
      rested = false;
      if (Task task = next()) task();
    }
  }

  const std::chrono::milliseconds after_;
  const Task rest_;
  std::mutex mutex_;  // guards `tasks_`
  std::condition_variable_any wake_;
  std::deque<Task> tasks_;
  std::jthread thread_;
};

}  // namespace lectern
