// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/settings_file.h"
#include "app/workspace/task_thread.h"

#include <QObject>
#include <QString>
#include <QStringList>

#include <filesystem>

namespace lectern::gui {

/// The settings while the window is open. A change counts at once; the file follows on a thread of
/// its own. Thread: the window's.
class Preferences : public QObject {
  Q_OBJECT
 public:
  /// `folder` may be empty: then nothing is kept.
  explicit Preferences(std::filesystem::path folder, QObject* parent = nullptr);

  [[nodiscard]] const Settings& settings() const { return settings_; }
  /// What was wrong with the file when the window opened.
  [[nodiscard]] const QStringList& problems() const { return problems_; }

  /// Changes that cannot be are a bug: fields let no such value through.
  void change(const SettingChanges& changes);

 signals:
  void changed();
  /// The file could not be written; what was changed lasts until the window is closed.
  void failed(const QString& sentence);

 private:
  std::filesystem::path folder_;
  Settings settings_;
  QStringList problems_;
  TaskThread writer_;  // last: it tells of failures until it has ended
};

}  // namespace lectern::gui
