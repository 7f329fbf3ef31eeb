// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/library/statement.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;

namespace lectern {

/// One connection to a SQLite file, with the rules that every connection of ours keeps: foreign
/// keys, an untrusted schema, no mapped memory, the tokenizer of `fts_tokenizer.h`, the function of
/// `page_cut.h`, and five seconds of patience. At most one connection in the world writes (the
/// WAL-reset fault of SQLite before 3.51.3 damages files that two connections write or checkpoint
/// at the same moment); `writer_lock.h` sees to it.
class Database {
 public:
  enum class Access : uint8_t {
    Write,      ///< the one that writes and checkpoints; makes the file where it is missing
    Read,       ///< beside a writer; never checkpoints
    Immutable,  ///< on a medium that nobody writes: no locks, no shared memory, no log
  };

  /// Changes nothing in an existing file until `enableWriting`.
  static Result<Database> open(const std::filesystem::path& path, Access access);
  /// An empty database that lives until it is closed, for work on a copy.
  static Result<Database> temporary();

  /// Write-ahead log, full synchronisation, checkpoints. Before it, closing leaves an unfinished
  /// log as it is: what is refused stays untouched.
  Result<void> enableWriting();

  Result<Statement> prepare(std::string_view sql);
  /// Runs one statement, or several without values.
  Result<void> execute(std::string_view sql);
  template <class... Values>
  Result<void> run(std::string_view sql, const Values&... values) {
    Statement statement = TRY(prepare(sql));
    return statement.bind(values...).run();
  }
  /// The first column of the first row; nothing where there is no row.
  template <class... Values>
  Result<std::optional<int64_t>> integer(std::string_view sql, const Values&... values) {
    Statement statement = TRY(prepare(sql));
    if (!TRY(statement.bind(values...).step()) || statement.isNull(0)) {
      return std::optional<int64_t>();
    }
    return std::optional<int64_t>(statement.integer(0));
  }

  [[nodiscard]] int64_t lastInsertedId() const;
  [[nodiscard]] const std::filesystem::path& path() const { return *path_; }
  [[nodiscard]] sqlite3* handle() const { return connection_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };

  Database(sqlite3* connection, const std::filesystem::path& path);
  static Result<Database> connect(const std::string& name,
                                  int flags,
                                  const std::filesystem::path& path);

  std::unique_ptr<sqlite3, Close> connection_;
  std::shared_ptr<const std::filesystem::path> path_;
};

/// A write transaction; ends in `commit`, or is rolled back.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace lectern
