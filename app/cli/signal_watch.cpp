// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/signal_watch.h"

#include <pthread.h>
#include <unistd.h>

namespace lectern::cli {

namespace {

// Ends the thread; nobody sends it otherwise.
constexpr int kEnd = SIGUSR2;

}  // namespace

SignalWatch::SignalWatch() {
  sigemptyset(&watched_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, kEnd}) sigaddset(&watched_, signal);
  pthread_sigmask(SIG_BLOCK, &watched_, nullptr);
  thread_ = std::jthread([this] { wait(); });
}

SignalWatch::~SignalWatch() {
  pthread_kill(thread_.native_handle(), kEnd);
}

void SignalWatch::wait() {
  for (bool first = true;; first = false) {
    int signal = 0;
    if (sigwait(&watched_, &signal) != 0 || signal == kEnd) return;
    if (first) {
      stop_.request_stop();
      continue;
    }
    std::signal(signal, SIG_DFL);
    sigset_t only{};
    sigemptyset(&only);
    sigaddset(&only, signal);
    ::kill(::getpid(), signal);
    pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  }
}

}  // namespace lectern::cli
