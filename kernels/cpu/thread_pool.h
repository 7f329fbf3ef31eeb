// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace lectern::kernels::cpu {

/// Threads that share the items of one job after the other. Who takes which item is left to chance,
/// so an item's result must not depend on it. The caller works too and waits for nobody who has not
/// taken an item: a worker that the system does not let run costs its help, not our time. Workers
/// look out for the next job for a while, then sleep. Thread: one caller at a time.
class ThreadPool {
 public:
  /// What is done to one item; `worker` is 0 … threads − 1 and no two at once have the same.
  using Body = void (*)(const void* context, int64_t item, int worker);

  /// `threads` counts the caller. Where the system grants fewer, there are fewer.
  explicit ThreadPool(int threads);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  [[nodiscard]] int threads() const { return static_cast<int>(workers_.size()) + 1; }
  /// Calls body(context, item, worker) once for each item 0 … items − 1 and returns when all are
  /// done. Items are below 2³². Bodies do not throw.
  void run(int64_t items, Body body, const void* context);

 private:
  void work(int worker);
  bool takeItem(int worker);
  void waitUntilDone(int64_t items);

  // The job and how much of it nobody has taken yet: its number in the upper 32 bits, the items
  // left in the lower. The fields of the job are written only while no item is left, so whoever
  // takes an item by exchanging the ticket has read the fields that belong to it.
  std::atomic<uint64_t> ticket_{0};
  std::atomic<Body> body_{nullptr};
  std::atomic<const void*> context_{nullptr};
  std::atomic<int64_t> items_{0};
  std::atomic<int64_t> done_{0};

  std::mutex mutex_;  // for the sleepers alone
  std::condition_variable jobCame_;
  std::condition_variable jobDone_;
  std::atomic<int> sleepers_{0};
  std::atomic<bool> callerSleeps_{false};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> workers_;
};

/// Cores that this process may run on, each counted once however many threads it has.
int physicalCores();

}  // namespace lectern::kernels::cpu
