// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/widgets/dropped_files.h"

#include <QLabel>

namespace lectern::gui {

/// Lies over the window while files hover above it, and says what a drop would do.
class DropOverlay : public QLabel {
  Q_OBJECT
 public:
  explicit DropOverlay(QWidget* parent);
  void show(const DroppedFiles& dropped);
};

}  // namespace lectern::gui
