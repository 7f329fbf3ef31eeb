// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/migrations.h"

#include "core/library/backup.h"
#include "core/library/database.h"

#include <fmt/format.h>

namespace lectern {

namespace {

constexpr int64_t kApplicationId = 0x4c43544e;  // "LCTN"

}  // namespace

Result<int> readSchemaVersion(Database& database) {
  const auto objects = TRY(database.integer("SELECT count(*) FROM sqlite_schema"));
  const auto applicationId = TRY(database.integer("PRAGMA application_id"));
  const auto version = TRY(database.integer("PRAGMA user_version"));
  if (objects == 0 && applicationId == 0) return 0;
  if (applicationId != kApplicationId) {
    return Error{ErrorCode::Storage,
                 fmt::format("{} is a database of another program. Move it away, or name another "
                             "folder for the library.",
                             database.path().string())};
  }
  const auto newest = static_cast<int64_t>(schemaScripts().size());
  if (version > newest) {
    return Error{
        ErrorCode::Storage,
        fmt::format("{} was written by a newer version of Lectern (format {}; this one knows {}). "
                    "Open it with that version, or name another folder for the library.",
                    database.path().string(), *version, newest)};
  }
  return static_cast<int>(*version);
}

Result<void> migrate(Database& database, const std::vector<std::string_view>& scripts) {
  const auto found = TRY(database.integer("PRAGMA user_version"));
  if (*found == static_cast<int64_t>(scripts.size())) return {};
  if (*found > 0) TRY(makeBackup(database));
  // In one transaction: who reads meanwhile meets what was there before, or all of the new.
  Transaction transaction = TRY(Transaction::begin(database));
  for (auto version = static_cast<size_t>(*found); version < scripts.size(); ++version) {
    TRY(database.execute(scripts[version]));
  }
  TRY(database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};",
                                   kApplicationId, scripts.size())));
  return transaction.commit();
}

}  // namespace lectern
