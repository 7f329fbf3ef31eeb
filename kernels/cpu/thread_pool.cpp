// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cpu/thread_pool.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <string>
#include <system_error>

namespace lectern::kernels::cpu {

namespace {

// Between two operations of a model lie a few microseconds, between two tokens a few hundred; to
// sleep and be woken costs some fifty. Looking out longer than this steals from other programs.
constexpr auto kLookOut = std::chrono::microseconds(100);

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

// Until `holds` or the time is over; tells which.
template <class Condition>
bool lookOut(const Condition& holds) {
  const auto end = std::chrono::steady_clock::now() + kLookOut;
  do {
    for (int i = 0; i < 64; ++i) {
      if (holds()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return holds();
}

constexpr uint64_t itemsLeft(uint64_t ticket) {
  return ticket & 0xFFFFFFFFU;
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  workers_.reserve(static_cast<size_t>(std::max(0, threads - 1)));
  try {
    for (int worker = 1; worker < threads; ++worker) {
      workers_.emplace_back([this, worker] { work(worker); });
    }
  } catch (const std::system_error&) {
    // A limit on processes or memory: those that were granted do the work.
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  jobCame_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(int64_t items, Body body, const void* context) {
  if (items <= 0) return;
  body_.store(body, std::memory_order_relaxed);
  context_.store(context, std::memory_order_relaxed);
  items_.store(items, std::memory_order_relaxed);
  done_.store(0, std::memory_order_relaxed);
  const uint64_t job = (ticket_.load(std::memory_order_relaxed) >> 32) + 1;
  ticket_.store((job << 32) | static_cast<uint64_t>(items));
  if (sleepers_ > 0) {
    const std::lock_guard lock(mutex_);
    jobCame_.notify_all();
  }
  while (takeItem(0)) {
  }
  waitUntilDone(items);
}

bool ThreadPool::takeItem(int worker) {
  uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while (itemsLeft(ticket) > 0) {
    const Body body = body_.load(std::memory_order_relaxed);
    const void* context = context_.load(std::memory_order_relaxed);
    const int64_t items = items_.load(std::memory_order_relaxed);
    if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
      continue;
    }
    body(context, items - static_cast<int64_t>(itemsLeft(ticket)), worker);
    if (done_.fetch_add(1) + 1 == items && callerSleeps_) {
      const std::lock_guard lock(mutex_);
      jobDone_.notify_one();
    }
    return true;
  }
  return false;
}

void ThreadPool::waitUntilDone(int64_t items) {
  const auto done = [&] { return done_ == items; };
  if (lookOut(done)) return;
  std::unique_lock lock(mutex_);
  callerSleeps_ = true;
  jobDone_.wait(lock, done);
  callerSleeps_ = false;
}

void ThreadPool::work(int worker) {
  const auto somethingToDo = [this] { return stopping_ || itemsLeft(ticket_) > 0; };
  while (!stopping_) {
    if (takeItem(worker) || lookOut(somethingToDo)) continue;
    std::unique_lock lock(mutex_);
    ++sleepers_;
    jobCame_.wait(lock, somethingToDo);
    --sleepers_;
  }
}

int physicalCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    std::ifstream file(
        fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
    std::string siblings;
    if (!std::getline(file, siblings)) siblings = fmt::format("{}", cpu);
    cores.insert(siblings);
  }
  return std::max<int>(1, static_cast<int>(cores.size()));
}

}  // namespace lectern::kernels::cpu
