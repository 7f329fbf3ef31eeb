// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/readings_bridge.h"
#include "app/gui/settings/preferences.h"

#include <QMessageBox>
#include <QPointer>
#include <QWidget>

#include <filesystem>
#include <functional>

class QLabel;
class QListWidget;
class QProgressBar;
class QPushButton;

namespace lectern::gui {

/// What models have read and the disk keeps: of which documents, how large it is and what time it
/// saves; deleting it, once it was said what that costs. Thread: the window's.
class ReadingsPage : public QWidget {
  Q_OBJECT
 public:
  ReadingsPage(Preferences* preferences, const std::filesystem::path& dataFolder, QWidget* parent);

  // Parts, for tests.
  [[nodiscard]] QListWidget* list() const { return list_; }
  [[nodiscard]] QLabel* roomText() const { return roomText_; }
  [[nodiscard]] QLabel* note() const { return note_; }
  /// What asks before readings are deleted; null before and after.
  [[nodiscard]] QMessageBox* question() const { return question_; }

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  static QString rowOf(const ReadingList::Entry& entry);
  void take(const ReadingListPtr& readings);
  void showRoom();
  void updateButtons();
  void removeSelected();
  void removeUnused();
  /// Asks, and does it where the answer is yes.
  void ask(const QString& question, std::function<void()> yes);

  Preferences* preferences_;
  ReadingsBridge* bridge_;
  ReadingListPtr shown_;

  QListWidget* list_ = nullptr;
  QProgressBar* room_ = nullptr;
  QLabel* roomText_ = nullptr;
  QLabel* note_ = nullptr;
  QPushButton* delete_ = nullptr;
  QPushButton* deleteUnused_ = nullptr;
  QPointer<QMessageBox> question_;
  std::function<void()> wanted_;  ///< what it asks about
};

}  // namespace lectern::gui
