// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/progress_line.h"

#include "app/cli/terminal_text.h"

#include <fmt/format.h>

#include <utility>

namespace lectern::cli {

namespace {

// Quick documents end before anything is said; a terminal needs no more than ten lines a second.
constexpr std::chrono::milliseconds kTerminalPause{100};
constexpr std::chrono::seconds kLogPause{5};

}  // namespace

ProgressLine::ProgressLine(const Streams& streams, std::string_view subject)
    : streams_(streams), subject_(oneLine(subject)) {
  next_ = Clock::now() + (streams.errColumns > 0 ? Clock::duration(kTerminalPause) : kLogPause);
}

ProgressLine::~ProgressLine() {
  if (shown_ && streams_.errColumns > 0) streams_.err << "\r\x1b[K" << std::flush;
}

void ProgressLine::update(int page, int pageCount) {
  update(fmt::format("page {} of {}", page, pageCount));
}

void ProgressLine::update(std::string_view state) {
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  shown_ = true;
  const std::string line = fmt::format(": {}", state);
  if (streams_.errColumns > 0) {
    next_ = now + kTerminalPause;
    const int room = streams_.errColumns - 1 - static_cast<int>(line.size());
    streams_.err << '\r' << clipped(subject_, room) << line << "\x1b[K" << std::flush;
  } else {
    next_ = now + kLogPause;
    streams_.err << subject_ << line << '\n' << std::flush;
  }
}

}  // namespace lectern::cli
