// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/library/library.h"
#include "core/reading/reading_store.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lectern {

/// What models have read and the disk keeps, for the faces that show it.
struct ReadingList {
  /// A document that was read; without an id where the library does not have it any more.
  struct Document {
    std::optional<RevisionId> id;
    std::string title;
  };
  struct Entry {
    KeptReading reading;
    std::vector<Document> documents;  ///< in the order in which they were read
  };

  std::vector<Entry> entries;  ///< the last used first
  int64_t bytes = 0;           ///< of all of them, what they share counted once
};

/// Where readings are: "readings" in the data folder, tagged so that backups leave it out
/// (CACHEDIR.TAG), as they can be made again.
ReadingStore readingStore(const std::filesystem::path& dataFolder,
                          const ReadingLimits& limits = {});

Result<ReadingList> listReadings(Library& library, const std::filesystem::path& dataFolder);

/// Deletes what was read of documents that the library does not have any more.
Result<void> forgetReadings(Library& library, const std::filesystem::path& dataFolder);

/// The store, if anything is in it.
std::optional<ReadingStore> existingReadings(const std::filesystem::path& dataFolder);

}  // namespace lectern
