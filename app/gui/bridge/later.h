// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <functional>

namespace lectern::gui {

/// Calls `what` on the thread of `on`, as one of its next events; not at all where `on` is gone by
/// then. Thread: any.
void later(QObject* on, std::function<void()> what);

}  // namespace lectern::gui
