// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/progress_line.h"

#include "app/cli/terminal_text.h"

#include <gmock/gmock.h>

#include <sstream>
#include <thread>

namespace lectern::cli {
namespace {

struct Screen {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Streams streams{in, out, err};
};

TEST(ProgressLine, QuickWorkSaysNothing) {
  Screen screen;
  screen.streams.errColumns = 80;
  {
    ProgressLine line(screen.streams, "lease.pdf");
    line.update(1, 2);
    line.update(2, 2);
  }
  EXPECT_EQ(screen.err.str(), "");
}

TEST(ProgressLine, OnATerminalOneLineIsRewrittenAndTakenAway) {
  Screen screen;
  screen.streams.errColumns = 24;
  {
    ProgressLine line(screen.streams, "a rather long name.pdf");
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    line.update(47, 193);
  }
  EXPECT_EQ(screen.err.str(), "\ra rath…: page 47 of 193\x1b[K\r\x1b[K");
}

TEST(ProgressLine, AFileGetsNoControlCharacters) {
  Screen screen;
  {
    ProgressLine line(screen.streams, "lease.pdf");
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    line.update(1, 193);
  }
  EXPECT_EQ(screen.err.str(), "") << "five seconds have not passed";
}

}  // namespace
}  // namespace lectern::cli
