// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace lectern::cli {

/// Turns the first SIGINT, SIGTERM or SIGHUP into a stop request, and lets the second end the
/// program at once. The signals are blocked and waited for on a thread, not handled: so helpers,
/// which inherit the mask, do not die of the terminal's Ctrl-C before their parent has decided what
/// to keep. Construct it before any other thread.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  void wait();

  sigset_t watched_{};
  std::stop_source stop_;
  std::jthread thread_;
};

}  // namespace lectern::cli
