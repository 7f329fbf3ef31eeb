// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/database.h"

#include "core/base/check.h"
#include "core/library/fts_tokenizer.h"
#include "core/library/page_cut.h"
#include "core/library/storage_error.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <climits>

namespace lectern {

namespace {

constexpr int kBusyTimeoutMs = 5000;

// 16 MiB of pages: a question about 100,000 segments then stays in memory.
constexpr std::string_view kEveryConnection =
    "PRAGMA foreign_keys = ON;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA mmap_size = 0;"
    "PRAGMA cache_size = -16384;";
constexpr std::string_view kReaders =
    "PRAGMA query_only = ON;"
    "PRAGMA wal_autocheckpoint = 0;";

// "file:" with what a URI gives a meaning escaped (RFC 3986, 2.1).
std::string immutableUri(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char c : path.string()) {
    const bool special = c == '%' || c == '?' || c == '#';
    uri += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return uri + "?immutable=1";
}

void configure(sqlite3* connection) {
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, kBusyTimeoutMs);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

}  // namespace

Database::Database(sqlite3* connection, const std::filesystem::path& path)
    : connection_(connection), path_(std::make_shared<const std::filesystem::path>(path)) {}

void Database::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

Result<Database> Database::connect(const std::string& name,
                                   int flags,
                                   const std::filesystem::path& path) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &connection,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
  Database database(connection, path);  // also a failed connection must be closed
  if (code != SQLITE_OK) return storageError(code, connection, path);
  configure(connection);
  TRY(database.execute(kEveryConnection));
  TRY(registerTokenizer(database));
  TRY(registerPageCut(database));
  return database;
}

Result<Database> Database::open(const std::filesystem::path& path, Access access) {
  switch (access) {
    case Access::Write:
      return connect(path.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, path);
    case Access::Read: {
      Database database = TRY(connect(path.string(), SQLITE_OPEN_READONLY, path));
      TRY(database.execute(kReaders));
      return database;
    }
    case Access::Immutable: {
      Database database =
          TRY(connect(immutableUri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, path));
      TRY(database.execute(kReaders));
      return database;
    }
  }
  __builtin_unreachable();
}

Result<Database> Database::temporary() {
  return connect("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "a temporary database");
}

Result<void> Database::enableWriting() {
  TRY(execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  LECTERN_CHECK(sql.size() < INT_MAX);
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(handle(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return storageError(code, handle(), path());
  return Statement(statement, path_);
}

Result<void> Database::execute(std::string_view sql) {
  const std::string terminated(sql);
  const int code = sqlite3_exec(handle(), terminated.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return storageError(code, handle(), path());
  return {};
}

int64_t Database::lastInsertedId() const {
  return sqlite3_last_insert_rowid(handle());
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

// SQLite may have rolled back by itself, when a disk was full; a second rollback would be an error.
Transaction::~Transaction() {
  if (database_ == nullptr || sqlite3_get_autocommit(database_->handle()) != 0) return;
  sqlite3_exec(database_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Transaction::commit() {
  TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace lectern
