// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/readings.h"
#include "app/workspace/task_thread.h"

#include <QObject>
#include <QString>

#include <filesystem>
#include <functional>
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
  /// The same, once these are deleted.
  void remove(const std::vector<std::string>& ids);
  /// The same, once those are that no question began from since then.
  void removeUnusedSince(qint64 unixMs);

 signals:
  void listed(const lectern::gui::ReadingListPtr& readings);
  void failed(const QString& sentence);

 private:
  /// Changes the store, then tells what there is, and what went wrong.
  void run(const std::function<Result<void>(const ReadingStore&)>& change);
  [[nodiscard]] Result<ReadingListPtr> list() const;

  std::filesystem::path dataFolder_;
  TaskThread thread_;  // last: it tells until it has ended
};

}  // namespace lectern::gui
