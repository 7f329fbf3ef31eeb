// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/library/database.h"
#include "core/library/library.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// What the sources of Library share. Members are destroyed from below: the database is closed
/// before the lock is given back.
struct Library::Impl {
  OpenMode mode;
  FileDescriptor lock;  ///< not open in OpenMode::Read
  Database database;
  std::vector<std::string> notices;

  /// Locked in OpenMode::Read.
  Result<void> requireWriting() const;
};

/// Pages, segments and passages have the id (revision << 32) | number.
constexpr int64_t rowId(RevisionId revision, int64_t number) {
  return (static_cast<int64_t>(revision) << 32) | number;
}
constexpr int64_t lastRowId(RevisionId revision) {
  return rowId(revision, 0xffffffff);
}
constexpr RevisionId revisionOfRow(int64_t id) {
  return RevisionId{id >> 32};
}
constexpr int numberOfRow(int64_t id) {
  return static_cast<int>(id & 0xffffffff);
}

/// Milliseconds of Unix time.
int64_t nowMs();

/// "There is no <what> <id> in the library."
Error notFound(std::string_view what, int64_t id);

/// A BLOB column of 32 bytes.
Sha256 sumOf(const Statement& row, int column);

constexpr std::string_view kSegmentColumns =
    "SELECT id, page, kind, byte_start, byte_end, heading, continues,"
    "       page_cut(((id >> 32) << 32) | page, byte_start, byte_end) FROM segment ";
/// Of a row of kSegmentColumns.
StoredSegment segmentOf(const Statement& row);

/// A word as a string of FTS5's query language, in which nothing but the quotation mark has a
/// meaning.
std::string ftsString(std::string_view word);

/// Brings the stored segments and passages of a revision into the full-text index.
Result<void> indexRevision(Database& database, RevisionId revision);
/// And takes them out, while they are still stored.
Result<void> unindexRevision(Database& database, RevisionId revision);

/// Deletes a revision that no citation needs, with all that was made from it. Inside a transaction
/// of the caller.
Result<void> deleteRevision(Database& database, RevisionId revision);

}  // namespace lectern
