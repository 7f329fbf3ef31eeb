// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/bridge/later.h"

#include <utility>

namespace lectern::gui {

void later(QObject* on, std::function<void()> what) {
  QMetaObject::invokeMethod(on, std::move(what), Qt::QueuedConnection);
}

}  // namespace lectern::gui
