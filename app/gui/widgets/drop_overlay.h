// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/file_count.h"

#include <QLabel>

namespace lectern::gui {

/// Lies over the window while files hover above it, and says what a drop would do.
class DropOverlay : public QLabel {
  Q_OBJECT
 public:
  explicit DropOverlay(QWidget* parent);
  /// `shelf`: the name of the one that they go to; empty: none.
  void show(const FileCount& count, const QString& shelf);
};

/// "14 documents, 3.2 MB", and below it what is left out and what is there already.
QStringList countLines(const FileCount& count);

}  // namespace lectern::gui
