// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string_view>

struct sqlite3;

namespace lectern {

/// The Error of a failed SQLite call, as a sentence that names the database, the cause and the way
/// out. `sqliteCode` is the extended result code; `connection` adds the system's own error number
/// and may be null. Codes: OutOfMemory, Internal (a constraint that only a bug of ours can break),
/// else Storage.
Error storageError(int sqliteCode, sqlite3* connection, const std::filesystem::path& database);

inline constexpr std::string_view kContradicts = "its content contradicts itself";

/// The Error of a database whose content is not what it must be; names the newest backup.
Error damagedError(const std::filesystem::path& database, std::string_view finding);

}  // namespace lectern
