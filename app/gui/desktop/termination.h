// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QCoreApplication;

namespace lectern::gui {

/// From now on SIGTERM, SIGINT and SIGHUP close the window as its user would: its layout is kept,
/// and what is being read stops behind a stored page. Once a process.
void quitOnSignals(QCoreApplication& application);

}  // namespace lectern::gui
