// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <filesystem>
#include <vector>

namespace lectern {

class Database;

/// "backups" beside the database: whole copies, "library-20261125T212200.123Z.db", readable by the
/// owner alone, complete or absent.
std::filesystem::path backupFolder(const std::filesystem::path& database);
/// Newest first.
std::vector<std::filesystem::path> listBackups(const std::filesystem::path& database);

/// Copies all of one database into another, empty one, through SQLite's backup API.
Result<void> copyDatabase(Database& from, Database& to);

/// Copies the database through SQLite's backup API, then deletes all but the newest three.
Result<void> makeBackup(Database& database);

/// The same when the newest backup is older than `age` and the database has changed since.
Result<void> makeBackupIfOlder(Database& database, std::chrono::hours age);

}  // namespace lectern
