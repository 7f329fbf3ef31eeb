// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cpu/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

namespace lectern::kernels::cpu {
namespace {

struct Job {
  std::vector<std::atomic<int>> times;
  std::vector<std::atomic<int>> inside;
};

void count(const void* context, int64_t item, int worker) {
  auto& job = *static_cast<Job*>(const_cast<void*>(context));
  EXPECT_EQ(job.inside[static_cast<size_t>(worker)]++, 0) << "two at once have the same number";
  ++job.times[static_cast<size_t>(item)];
  --job.inside[static_cast<size_t>(worker)];
}

TEST(ThreadPool, DoesEveryItemOfEveryJobOnce) {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int round = 0; round < 300; ++round) {
      const auto items = static_cast<size_t>(round % 23);
      Job job{std::vector<std::atomic<int>>(items), std::vector<std::atomic<int>>(5)};
      pool.run(static_cast<int64_t>(items), count, &job);
      for (const auto& times : job.times) ASSERT_EQ(times, 1);
    }
  }
}

#ifndef LECTERN_SANITIZED  // whose shadows take more than any limit
// In a process of its own, which has room for a few stacks.
TEST(ThreadPool, WorksWithTheThreadsThatTheSystemGrants) {
  const auto withLittleRoom = [] {
    rlimit limit{};
    limit.rlim_cur = limit.rlim_max = size_t{256} << 20;
    ::setrlimit(RLIMIT_AS, &limit);
    ThreadPool pool(1000);
    Job job{std::vector<std::atomic<int>>(100), std::vector<std::atomic<int>>(1000)};
    pool.run(100, count, &job);
    bool isDone = pool.threads() < 1000;
    for (const auto& times : job.times) isDone = isDone && times == 1;
    std::_Exit(isDone ? 0 : 1);
  };
  EXPECT_EXIT(withLittleRoom(), testing::ExitedWithCode(0), "");
}
#endif

TEST(ThreadPool, WakesThoseWhoSleep) {
  ThreadPool pool(3);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    Job job{std::vector<std::atomic<int>>(3), std::vector<std::atomic<int>>(3)};
    // Each item waits for the two others, so that all three threads must come.
    const auto meet = [](const void* context, int64_t item, int) {
      auto& times = static_cast<Job*>(const_cast<void*>(context))->times;
      ++times[static_cast<size_t>(item)];
      while (times[0] + times[1] + times[2] < 3) std::this_thread::yield();
    };
    pool.run(3, meet, &job);
  }
}

TEST(ThreadPool, SleepsUntilALongItemOfAnotherIsDone) {
  ThreadPool pool(2);
  std::atomic<int> done = 0;
  const auto slow = [](const void* context, int64_t item, int) {
    if (item == 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ++*static_cast<std::atomic<int>*>(const_cast<void*>(context));
  };
  for (int round = 1; round <= 5; ++round) {
    pool.run(2, slow, &done);
    EXPECT_EQ(done, 2 * round);
  }
}

TEST(ThreadPool, CountsAtLeastOneCoreAndNoMoreThanThreads) {
  EXPECT_GE(physicalCores(), 1);
  EXPECT_LE(physicalCores(), static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace
}  // namespace lectern::kernels::cpu
