// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/library/library.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

namespace lectern {

/// The files behind what was named: folders are walked; hidden files and what no reader takes are
/// left out and counted.
struct FileCount {
  std::vector<std::filesystem::path> files;  ///< sorted once the count is whole
  int64_t bytes = 0;                         ///< of these
  int known = 0;                             ///< of these the library has already, unchanged
  int unsupported = 0;
  bool whole = false;  ///< all was looked at
  bool more = false;   ///< there are more than kMostFiles; the rest is left out
};

inline constexpr size_t kMostFiles = 100'000;

/// A file that is named itself is taken whatever it is called: its content decides. `told` hears
/// how far it is, some ten times a second. Errors: Cancelled; those of the library.
Result<FileCount> countFiles(Library& library,
                             const std::vector<std::filesystem::path>& named,
                             const std::function<void(const FileCount&)>& told,
                             const std::stop_token& stop);

}  // namespace lectern
