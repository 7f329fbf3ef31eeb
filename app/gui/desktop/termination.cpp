// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/desktop/termination.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>

namespace lectern::gui {

namespace {

int wakeUp = -1;  // a handler has nothing else to reach

void onSignal(int /*signal*/) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wakeUp, &one, sizeof one);
}

}  // namespace

void quitOnSignals(QCoreApplication& application) {
  wakeUp = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wakeUp < 0) return;  // then they end the process at once, which loses no document
  auto* notifier = new QSocketNotifier(wakeUp, QSocketNotifier::Read, &application);
  QObject::connect(notifier, &QSocketNotifier::activated, &application, [notifier] {
    notifier->setEnabled(false);
    QCoreApplication::quit();
  });
  struct sigaction action{};
  action.sa_handler = onSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaction(signal, &action, nullptr);
}

}  // namespace lectern::gui
