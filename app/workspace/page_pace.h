// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <vector>

namespace lectern {

/// How long the rest of a document will take, from the pages that were read last: their median, so
/// that one slow page does not frighten anybody.
class PagePace {
 public:
  using Clock = std::chrono::steady_clock;

  void start(Clock::time_point now) {
    last_ = now;
    pages_.clear();
  }
  void pageDone(Clock::time_point now) {
    pages_.push_back(now - last_);
    last_ = now;
    if (pages_.size() > kPages) pages_.pop_front();
  }
  /// Empty until a few pages were read.
  [[nodiscard]] std::optional<std::chrono::milliseconds> left(int pages) const {
    if (pages_.size() < kLeastPages) return std::nullopt;
    std::vector<Clock::duration> sorted(pages_.begin(), pages_.end());
    const auto middle = sorted.begin() + static_cast<ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return std::chrono::duration_cast<std::chrono::milliseconds>(*middle * pages);
  }

 private:
  static constexpr size_t kPages = 31;
  static constexpr size_t kLeastPages = 5;

  Clock::time_point last_;
  std::deque<Clock::duration> pages_;
};

}  // namespace lectern
