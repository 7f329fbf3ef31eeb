// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace lectern::gui {

/// What stands in the reader while the library is empty: what can be done, and where what is added
/// stays. Thread: the window's.
class Welcome : public QWidget {
  Q_OBJECT
 public:
  explicit Welcome(QWidget* parent);

 signals:
  void addWanted();
  void followWanted();
};

}  // namespace lectern::gui
