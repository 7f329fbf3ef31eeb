// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/storage_error.h"

#include "core/base/file.h"
#include "core/library/backup.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>

namespace lectern {

namespace {

Error storage(std::string message) {
  return {ErrorCode::Storage, std::move(message)};
}

Error diskFull(const std::filesystem::path& database, std::string_view cause) {
  return storage(fmt::format(
      "{} could not be written: {}. Free some space on the disk that holds {}, then try again; old "
      "backups in {} may be deleted. What was stored before is safe.",
      database.string(), cause, database.parent_path().string(), backupFolder(database).string()));
}

// Of the database's file or its log, whichever failed; sqlite3_system_errno tells it only as long
// as no later call of the system succeeded.
int lastErrno(sqlite3* connection) {
  int found = connection == nullptr ? 0 : sqlite3_system_errno(connection);
  for (const int which : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
    sqlite3_file* file = nullptr;
    int here = 0;
    if (connection != nullptr &&
        sqlite3_file_control(connection, "main", which, static_cast<void*>(&file)) == SQLITE_OK &&
        file != nullptr && file->pMethods != nullptr &&
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &here) == SQLITE_OK &&
        here != 0) {
      found = here;
    }
  }
  return found;
}

Error inputOutput(int sqliteCode, int systemErrno, const std::filesystem::path& database) {
  // A quota and a limit on the file's size reach SQLite as failed writes, not as a full disk.
  if (systemErrno == ENOSPC || systemErrno == EDQUOT || systemErrno == EFBIG) {
    return diskFull(database, describeErrno(systemErrno));
  }
  return storage(fmt::format(
      "The disk failed while {} was in use: {}. Check the disk, then try again.", database.string(),
      systemErrno != 0 ? describeErrno(systemErrno) : sqlite3_errstr(sqliteCode)));
}

}  // namespace

Error damagedError(const std::filesystem::path& database, std::string_view finding) {
  const std::vector<std::filesystem::path> backups = listBackups(database);
  const std::string then =
      backups.empty()
          ? std::string("there is no backup: add your documents again")
          : fmt::format("copy its newest backup, {}, into its place", backups.front().string());
  // A log that stayed behind would be applied to whatever comes into the place of its database.
  return storage(
      fmt::format("{0} is damaged: {1}. Move it away, with {0}-wal and {0}-shm where they "
                  "are; then {2}.",
                  database.string(), finding, then));
}

Error storageError(int sqliteCode, sqlite3* connection, const std::filesystem::path& database) {
  const int systemErrno = lastErrno(connection);
  switch (sqliteCode & 0xff) {
    case SQLITE_FULL:
      return diskFull(database, "the disk is full");
    case SQLITE_IOERR:
      return inputOutput(sqliteCode, systemErrno, database);
    case SQLITE_NOTADB:
      return damagedError(database, "it does not begin as a database does");
    case SQLITE_CORRUPT:
      return damagedError(database, kContradicts);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return storage(fmt::format(
          "{} has been in use by another program for five seconds. Close that one, or try again.",
          database.string()));
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return storage(fmt::format("{} may only be read. Check its permissions and its folder's.",
                                 database.string()));
    case SQLITE_CANTOPEN:
      return storage(
          fmt::format("{} could not be opened: {}. Check its permissions and its "
                      "folder's.",
                      database.string(),
                      systemErrno != 0 ? describeErrno(systemErrno) : sqlite3_errstr(sqliteCode)));
    case SQLITE_NOMEM:
      return {ErrorCode::OutOfMemory,
              fmt::format("There was not enough memory to work with {}. Close other programs.",
                          database.string())};
    default:
      return {ErrorCode::Internal,
              fmt::format(
                  "{} refused a step: {} ({}). This is a fault of the program; please "
                  "report it.",
                  database.string(),
                  connection == nullptr ? sqlite3_errstr(sqliteCode) : sqlite3_errmsg(connection),
                  sqliteCode)};
  }
}

}  // namespace lectern
