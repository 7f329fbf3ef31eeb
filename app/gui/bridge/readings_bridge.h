// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/readings.h"
#include "app/workspace/task_thread.h"

#include <QObject>
#include <QString>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lectern::gui {

using ReadingListPtr = std::shared_ptr<const ReadingList>;

/// What models have read and the disk keeps, for widgets: looking at it and deleting happen on a
/// thread of its own, one after the other. Thread: the window's.
class ReadingsBridge : public QObject {
  Q_OBJECT
 public:
  explicit ReadingsBridge(std::filesystem::path dataFolder, QObject* parent = nullptr);

  /// Ends with `listed`, or `failed`.
  void refresh();
  /// The same, once they are deleted.
  void remove(const std::vector<std::string>& ids);

 signals:
  void listed(const lectern::gui::ReadingListPtr& readings);
  void failed(const QString& sentence);

 private:
  [[nodiscard]] Result<ReadingListPtr> list() const;

  std::filesystem::path dataFolder_;
  TaskThread thread_;  // last: it tells until it has ended
};

}  // namespace lectern::gui
