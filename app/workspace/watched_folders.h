// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/file_count.h"
#include "core/base/result.h"
#include "core/document/ids.h"

#include <filesystem>
#include <vector>

namespace lectern {

/// A folder that a shelf follows: what comes into it, and what changes in it, is added to the
/// shelf.
struct WatchedFolder {
  ShelfId shelf{};
  std::filesystem::path folder;
  /// Documents that came from it. One that is on the shelf no more was taken off by hand.
  std::vector<RevisionId> members;
  friend bool operator==(const WatchedFolder&, const WatchedFolder&) = default;
};

/// What a look through a folder found.
struct FolderNews {
  std::vector<CountedFile> added;   ///< new and changed files
  std::vector<RevisionId> members;  ///< documents that came from it, the gone ones too
  std::vector<RevisionId> gone;     ///< of these, on the shelf, and of no file that is there
};
FolderNews newsOf(const WatchedFolder& watched,
                  const FileCount& count,
                  const std::vector<RevisionId>& onShelf);

/// The folders are kept in watched.json in the data folder. None where there is no such file.
/// Errors: Storage where it cannot be understood.
Result<std::vector<WatchedFolder>> loadWatchedFolders(const std::filesystem::path& dataFolder);
/// Errors: Storage; Usage for a folder whose name is not UTF-8.
Result<void> saveWatchedFolders(const std::filesystem::path& dataFolder,
                                const std::vector<WatchedFolder>& folders);

}  // namespace lectern
