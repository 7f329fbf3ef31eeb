// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QToolButton>

namespace lectern::gui {

/// Says how large pages are shown, and has a menu of other sizes. Thread: the window's.
class ZoomButton : public QToolButton {
  Q_OBJECT
 public:
  explicit ZoomButton(QWidget* parent = nullptr);

  void showPercent(int percent);

 signals:
  void percentWanted(int percent);
};

}  // namespace lectern::gui
