// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace lectern {

/// Starts `count` threads that run work(1) … work(count), or fewer: those that the system grants. A
/// limit on processes or memory is no reason to fail.
template <class Work>
std::vector<std::jthread> startThreads(size_t count, const Work& work) {
  std::vector<std::jthread> started;
  started.reserve(count);
  try {
    while (started.size() < count) started.emplace_back(work, started.size() + 1);
  } catch (const std::system_error&) {
  }
  return started;
}

/// Runs `work` on this thread and on others, one for each core, at most `most` in all, and returns
/// when all have ended. What each does is for `work` to find out, by counting; it must not throw.
template <class Work>
void workTogether(size_t most, const Work& work) {
  const size_t threads = std::min<size_t>(most, std::max(1U, std::thread::hardware_concurrency()));
  const auto helpers = startThreads(threads > 0 ? threads - 1 : 0, [&work](size_t) { work(); });
  work();
}

}  // namespace lectern
