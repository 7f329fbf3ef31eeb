// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/library/library.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

namespace lectern {

/// A file that was found.
struct CountedFile {
  std::filesystem::path path;
  FileStamp stamp;                  ///< nothing where it cannot be looked at
  std::optional<RevisionId> known;  ///< the library has it, and it is unchanged since
};

/// The files behind what was named: folders are walked; hidden files and what no reader takes are
/// left out and counted.
struct FileCount {
  std::vector<CountedFile> files;              ///< by their paths, once the count is whole
  std::vector<std::filesystem::path> folders;  ///< that were walked; kMostFolders of them at most
  int64_t bytes = 0;                           ///< of the files
  int known = 0;                               ///< of these the library has already, unchanged
  int unsupported = 0;
  bool whole = false;  ///< all was looked at
  bool more = false;   ///< there are more than kMostFiles; the rest is left out
};

inline constexpr size_t kMostFiles = 100'000;
inline constexpr size_t kMostFolders = 2'000;

std::vector<std::filesystem::path> pathsOf(const std::vector<CountedFile>& files);

/// A file that is named itself is taken whatever it is called: its content decides. `told` hears
/// how far it is, some ten times a second. Errors: Cancelled; those of the library.
Result<FileCount> countFiles(Library& library,
                             const std::vector<std::filesystem::path>& named,
                             const std::function<void(const FileCount&)>& told,
                             const std::stop_token& stop);

}  // namespace lectern
