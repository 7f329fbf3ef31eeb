// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/bridge/later.h"

#include <utility>

namespace lectern::gui {

void later(QObject* on, std::function<void()> what) {
  // Its end is the signal. invokeMethod() would do the same, but the static analyzer takes the
  // function for lost there.
  QObject caller;
  QObject::connect(&caller, &QObject::destroyed, on, std::move(what), Qt::QueuedConnection);
}

}  // namespace lectern::gui
