// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/models_bridge.h"

#include <QCoreApplication>
#include <QString>
#include <QStringList>

namespace lectern::gui {

/// What would compute a model, and what memory it takes, in the words of the window.
class DeviceText {
  Q_DECLARE_TR_FUNCTIONS(lectern::gui::DeviceText)
 public:
  static QStringList lines(const ModelForecast& forecast);
  static QString size(int64_t bytes);

 private:
  static QString computesOn(const ModelDevices& devices);
  static QStringList memory(const ModelDevices& devices);
  static QString otherWindow(const ModelDevices& devices);
};

}  // namespace lectern::gui
