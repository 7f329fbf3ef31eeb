// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/statement.h"

#include "core/library/storage_error.h"

#include <sqlite3.h>

namespace lectern {

Statement::Statement(sqlite3_stmt* statement, std::shared_ptr<const std::filesystem::path> database)
    : statement_(statement), database_(std::move(database)) {}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::restart() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bindFault_ = SQLITE_OK;
}

void Statement::bindOne(int index, int64_t value) {
  if (const int code = sqlite3_bind_int64(statement_.get(), index, value); code != SQLITE_OK) {
    bindFault_ = code;
  }
}

void Statement::bindOne(int index, double value) {
  if (const int code = sqlite3_bind_double(statement_.get(), index, value); code != SQLITE_OK) {
    bindFault_ = code;
  }
}

// An empty view may hold a null pointer, which SQLite would bind as NULL.
void Statement::bindOne(int index, std::string_view text) {
  const int code = sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(),
                                       text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) bindFault_ = code;
}

void Statement::bindOne(int index, Blob blob) {
  const std::string_view bytes = blob.bytes;
  const int code = sqlite3_bind_blob64(statement_.get(), index, bytes.empty() ? "" : bytes.data(),
                                       bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) bindFault_ = code;
}

Result<bool> Statement::step() {
  sqlite3* connection = sqlite3_db_handle(statement_.get());
  if (bindFault_ != SQLITE_OK) return storageError(bindFault_, connection, *database_);
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = storageError(code, connection, *database_);
  sqlite3_reset(statement_.get());
  return error;
}

Result<void> Statement::run() {
  while (TRY(step())) {
  }
  sqlite3_reset(statement_.get());
  return {};
}

bool Statement::isNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(data), static_cast<size_t>(size));
}

}  // namespace lectern
