// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/fd_stream.h"
#include "app/cli/signal_watch.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace {

/// The width of the terminal behind a descriptor; 0 where it is none.
int columnsOf(int fd) {
  if (::isatty(fd) == 0) return 0;
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

/// Letters may be bold unless the user (no-color.org) or the terminal says otherwise.
bool wantsStyle() {
  const char* noColour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): at start
  const char* terminal = std::getenv("TERM");      // NOLINT(concurrency-mt-unsafe): at start
  return (noColour == nullptr || *noColour == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

}  // namespace

int main(int argc, char** argv) {
  using namespace lectern::cli;
  // A reader that has enough (head) and a file that may not grow further are results of write, not
  // deaths.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const SignalWatch signals;

  FdStreamBuffer output(STDOUT_FILENO);
  std::ostream out(&output);
  Streams streams{std::cin, out, std::cerr, columnsOf(STDOUT_FILENO), columnsOf(STDERR_FILENO)};
  streams.styled = streams.outColumns > 0 && wantsStyle();

  ExitCode code = run({argv + 1, argv + argc}, streams, {}, signals.token());
  out.flush();
  if (output.error() != 0 && output.error() != EPIPE) {
    std::cerr << "lectern-cli: The output could not be written: "
              << lectern::describeErrno(output.error()) << ". Choose another place for it.\n";
    if (code == ExitCode::Answered) code = ExitCode::Storage;
  }
  return static_cast<int>(code);
}
