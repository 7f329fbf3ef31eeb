// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"
#include "app/workspace/task_thread.h"
#include "app/workspace/watched_folders.h"

#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace lectern::gui {

class Adding;
class JobStrip;
class Shelves;

/// Shelves that follow folders: what is new or has changed in a folder is added to its shelf; what
/// is gone from it stays on the shelf until the user says otherwise. The system tells of changes
/// (inotify), up to kMostWatched folders and files; beyond that, and on network drives, which tell
/// nothing, folders are looked through now and then. Thread: the window's.
class FolderWatch : public QObject {
  Q_OBJECT
 public:
  /// More than this would take too much of what all programs of the user share
  /// (fs.inotify.max_user_watches, 65,536 on many machines).
  static constexpr qsizetype kMostWatched = 4'000;
  /// More documents than this come in only when their number was seen.
  static constexpr size_t kManyFiles = 50;

  FolderWatch(DeskBridge* bridge,
              Adding* adding,
              Shelves* shelves,
              JobStrip* jobs,
              std::filesystem::path dataFolder,
              QWidget* window);
  ~FolderWatch() override;

  /// Called once the model has it.
  void setLibrary(const LibraryViewPtr& library);

  /// Lets the user choose a folder, and follows it.
  void choose();
  /// Makes a shelf that follows it.
  void follow(const std::filesystem::path& folder);
  /// The shelf stays as it is.
  void stop(ShelfId shelf);
  [[nodiscard]] std::optional<std::filesystem::path> folderOf(ShelfId shelf) const;
  [[nodiscard]] std::map<ShelfId, QString> followed() const;
  /// Looks through all folders.
  void look();

 signals:
  /// Other shelves follow folders now.
  void changed();

 private:
  /// A folder with what is going on about it.
  struct Entry {
    WatchedFolder watched;
    bool isNew = false;      // nothing of it was added yet
    bool isAsked = false;    // about documents that are gone, or about a heap
    bool isLooking = false;  // a count is on its way
    bool again = false;      // and another one is wanted behind it
    bool isLimited = false;  // not all of it is watched
    std::set<std::pair<std::filesystem::path, int64_t>> tried;  // files as they were, by time
  };

  [[nodiscard]] Entry* find(ShelfId shelf);
  [[nodiscard]] const ShelfInfo* shelfOf(const Entry& entry) const;
  void look(Entry& entry);
  void take(ShelfId shelf, const Result<FileCount>& count);
  void watch(Entry& entry, const FileCount& count);
  void add(Entry& entry, const std::vector<CountedFile>& files);
  void askAboutHeap(Entry& entry, const std::vector<CountedFile>& files);
  void askAboutGone(Entry& entry, const std::vector<RevisionId>& gone);
  void forget(ShelfId shelf, const std::vector<RevisionId>& members);
  void takeJob(const Job& job);
  void save();

  DeskBridge* bridge_;
  Adding* adding_;
  Shelves* shelves_;
  JobStrip* jobs_;
  QWidget* window_;
  std::filesystem::path dataFolder_;

  std::vector<Entry> entries_;
  std::map<std::string, std::filesystem::path> pending_;  // by the name of a shelf on its way
  std::map<std::filesystem::path, ShelfId> reading_;      // files that are being added
  LibraryViewPtr library_;
  QFileSystemWatcher watcher_;
  QTimer soon_;   // changes come in crowds
  QTimer often_;  // for what is not watched
  std::stop_source stop_;
  TaskThread writer_;  // last: it tells of failures until it has ended
};

}  // namespace lectern::gui
