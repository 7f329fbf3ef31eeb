// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

#include <chrono>
#include <string>
#include <string_view>

namespace lectern::cli {

/// "manual.pdf: page 47 of 193" on the error stream: one line that is rewritten where a terminal is
/// behind it, and else a line every five seconds. The destructor takes the line away.
class ProgressLine {
 public:
  ProgressLine(const Streams& streams, std::string_view subject);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(int page, int pageCount);
  /// "loading the model: 1.2 GB of 6.1 GB".
  void update(std::string_view state);

 private:
  using Clock = std::chrono::steady_clock;

  const Streams& streams_;
  std::string subject_;
  Clock::time_point next_;
  bool shown_ = false;
};

}  // namespace lectern::cli
