// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/ids.h"

#include <QFrame>

class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;

namespace lectern::gui {

/// A file on its way into the library: name, page, time left, and what can be done. A locked file
/// gets a field for its password. Thread: the window's.
class JobRow : public QFrame {
  Q_OBJECT
 public:
  explicit JobRow(QWidget* parent = nullptr);

  void show(const Job& job);

 signals:
  void pauseWanted();
  void resumeWanted(const QString& password);
  void cancelWanted();
  void dismissed();

 private:
  [[nodiscard]] static QString textOf(const Job& job);

  QLabel* text_ = nullptr;
  QProgressBar* bar_ = nullptr;
  QLineEdit* password_ = nullptr;
  QPushButton* pause_ = nullptr;
  QPushButton* resume_ = nullptr;
  QPushButton* cancel_ = nullptr;
  QPushButton* dismiss_ = nullptr;
};

}  // namespace lectern::gui
