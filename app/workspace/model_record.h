// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// A file of an imported model.
struct RecordedFile {
  std::string name;
  int64_t bytes = 0;
  std::string sha256;  ///< 64 hexadecimal digits
};

/// What an import leaves beside a model's files, as lectern-model.json:
///
///   {"schema": "lectern-model/1", "source": "/where/it/was", "importedAtMs": 1764115200000,
///    "files": [{"name": "config.json", "bytes": 1024, "sha256": "9f86…"}]}
struct ModelRecord {
  std::string source;        ///< the folder that was imported
  int64_t importedAtMs = 0;  ///< since 1970-01-01 UTC
  std::vector<RecordedFile> files;

  [[nodiscard]] int64_t bytes() const;
};

inline constexpr const char* kModelRecordName = "lectern-model.json";

/// How the names of folders begin that nobody lists, and that the next import clears.
inline constexpr std::string_view kUnfinishedModel = ".import-";

/// Of what is taken from there now; it has no files yet.
ModelRecord newModelRecord(const std::filesystem::path& source);
/// Errors: ModelUnusable where it is missing, damaged, or names a file outside its folder.
Result<ModelRecord> readModelRecord(const std::filesystem::path& folder);
/// Errors: Storage.
Result<void> writeModelRecord(const std::filesystem::path& folder, const ModelRecord& record);

/// Reads a file to its end in pieces; `sink` gets each. Returns its size and sum. Errors:
/// InputRefused, Cancelled, and what `sink` returns.
Result<RecordedFile> readInPieces(const std::filesystem::path& file,
                                  const std::function<Result<void>(std::string_view)>& sink,
                                  std::stop_token stop);

}  // namespace lectern
