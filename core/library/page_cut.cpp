// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/page_cut.h"

#include "core/library/database.h"
#include "core/library/storage_error.h"

#include <sqlite3.h>

#include <cstdint>
#include <new>
#include <string>

namespace lectern {

namespace {

struct LastPage {
  int64_t id = 0;  // no page has 0
  int64_t byteStart = 0;
  std::string text;
};

// Gives SQLite's code; SQLITE_DONE where there is no such page.
int load(sqlite3* connection, int64_t id, LastPage& last) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(connection, "SELECT byte_start, text FROM page WHERE id = ?1", -1,
                                &statement, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_bind_int64(statement, 1, id);
    code = sqlite3_step(statement);
  }
  if (code == SQLITE_ROW) {
    const void* bytes = sqlite3_column_blob(statement, 1);
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, 1));
    last.id = 0;
    last.text.assign(static_cast<const char*>(bytes), bytes == nullptr ? 0 : size);
    last.byteStart = sqlite3_column_int64(statement, 0);
    last.id = id;
  }
  sqlite3_finalize(statement);
  return code;
}

void cut(sqlite3_context* context, LastPage& last, int64_t id, int64_t begin, int64_t end) {
  if (last.id != id) {
    const int code = load(sqlite3_context_db_handle(context), id, last);
    if (code == SQLITE_DONE) return;
    if (code != SQLITE_ROW) return sqlite3_result_error_code(context, code);
  }
  // Unsigned, so that whatever numbers a damaged file holds, what is outside is too large.
  const uint64_t size = last.text.size();
  const uint64_t first = static_cast<uint64_t>(begin) - static_cast<uint64_t>(last.byteStart);
  const uint64_t count = static_cast<uint64_t>(end) - static_cast<uint64_t>(begin);
  if (first > size || count > size - first) return;
  sqlite3_result_text64(context, last.text.data() + first, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void pageCut(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  // No exception may pass through SQLite.
  try {
    cut(context, *static_cast<LastPage*>(sqlite3_user_data(context)),
        sqlite3_value_int64(values[0]), sqlite3_value_int64(values[1]),
        sqlite3_value_int64(values[2]));
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

void forget(void* last) {
  delete static_cast<LastPage*>(last);
}

}  // namespace

Result<void> registerPageCut(Database& database) {
  // Innocuous: the views may call it although the schema is not trusted. SQLite owns the page kept,
  // also when this fails.
  const int code =
      sqlite3_create_function_v2(database.handle(), "page_cut", 3, SQLITE_UTF8 | SQLITE_INNOCUOUS,
                                 new LastPage, pageCut, nullptr, nullptr, forget);
  if (code != SQLITE_OK) return storageError(code, database.handle(), database.path());
  return {};
}

}  // namespace lectern
