// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/backup.h"

#include "core/base/file.h"
#include "core/library/database.h"
#include "core/library/storage_error.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lectern {

namespace {

namespace fs = std::filesystem;

constexpr size_t kKeptBackups = 3;
constexpr std::string_view kPrefix = "library-";
constexpr std::string_view kPartial = "unfinished.db";

std::string nameOfNow() {
  const auto now = std::chrono::system_clock::now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  return fmt::format("{}{:%Y%m%dT%H%M%S}.{:03}Z.db", kPrefix,
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms.count() % 1000);
}

Error folderError(const fs::path& path, int cause) {
  return {ErrorCode::Storage,
          fmt::format("The backup {} could not be made: {}.", path.string(), describeErrno(cause))};
}

Result<void> copyInto(const fs::path& partial, Database& source) {
  // Made here, so that it never has wider permissions.
  FileDescriptor file(::open(partial.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.isOpen()) return folderError(partial, errno);
  file.reset();
  Database copy = TRY(Database::open(partial, Database::Access::Write));
  TRY(copy.execute("PRAGMA journal_mode = OFF"));
  return copyDatabase(source, copy);
}

Result<void> syncFolder(const fs::path& folder) {
  const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.isOpen() || ::fsync(directory.get()) != 0) return folderError(folder, errno);
  return {};
}

}  // namespace

fs::path backupFolder(const fs::path& database) {
  return database.parent_path() / "backups";
}

std::vector<fs::path> listBackups(const fs::path& database) {
  std::vector<fs::path> backups;
  std::error_code ignored;  // no folder: no backups
  for (const auto& entry : fs::directory_iterator(backupFolder(database), ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(".db")) backups.push_back(entry.path());
  }
  std::ranges::sort(backups, std::greater<>());
  return backups;
}

Result<void> copyDatabase(Database& from, Database& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) {
    return storageError(sqlite3_extended_errcode(to.handle()), to.handle(), to.path());
  }
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return storageError(code, to.handle(), to.path());
  return {};
}

Result<void> makeBackup(Database& database) {
  const fs::path folder = backupFolder(database.path());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return folderError(folder, errno);
  const fs::path partial = folder / kPartial;
  const fs::path finished = folder / nameOfNow();
  Result<void> made = copyInto(partial, database);
  if (made && ::rename(partial.c_str(), finished.c_str()) != 0) {
    made = folderError(finished, errno);
  }
  if (!made) {
    ::unlink(partial.c_str());
    return made;
  }
  TRY(syncFolder(folder));
  const std::vector<fs::path> backups = listBackups(database.path());
  for (size_t i = kKeptBackups; i < backups.size(); ++i) ::unlink(backups[i].c_str());
  return {};
}

Result<void> makeBackupIfOlder(Database& database, std::chrono::hours age) {
  const std::vector<fs::path> backups = listBackups(database.path());
  if (!backups.empty()) {
    std::error_code ignored;
    const auto madeAt = fs::last_write_time(backups.front(), ignored);
    const auto changedAt = fs::last_write_time(database.path(), ignored);
    if (changedAt <= madeAt || fs::file_time_type::clock::now() - madeAt < age) return {};
  }
  return makeBackup(database);
}

}  // namespace lectern
