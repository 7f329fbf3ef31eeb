// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/storage_error.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <array>

namespace lectern {
namespace {

using testing::HasSubstr;

TEST(StorageError, NamesTheFileTheCauseAndTheWayOut) {
  struct Case {
    int sqliteCode;
    ErrorCode code;
    const char* says;
  };
  constexpr std::array kCases = {
      Case{SQLITE_FULL, ErrorCode::Storage, "Free some space on the disk that holds /shelf"},
      Case{SQLITE_IOERR_READ, ErrorCode::Storage, "The disk failed"},
      Case{SQLITE_NOTADB, ErrorCode::Storage, "is damaged: it does not begin as a database does"},
      Case{SQLITE_CORRUPT_VTAB, ErrorCode::Storage, "there is no backup"},
      Case{SQLITE_BUSY_SNAPSHOT, ErrorCode::Storage, "for five seconds"},
      Case{SQLITE_READONLY_DBMOVED, ErrorCode::Storage, "may only be read"},
      Case{SQLITE_CANTOPEN, ErrorCode::Storage, "could not be opened"},
      Case{SQLITE_NOMEM, ErrorCode::OutOfMemory, "not enough memory"},
      Case{SQLITE_CONSTRAINT_TRIGGER, ErrorCode::Internal, "a fault of the program"},
  };
  for (const Case& expected : kCases) {
    const Error error = storageError(expected.sqliteCode, nullptr, "/shelf/library.db");
    EXPECT_EQ(error.code, expected.code) << error.message;
    EXPECT_THAT(error.message, HasSubstr(expected.says));
    EXPECT_THAT(error.message, HasSubstr("/shelf/library.db"));
  }
}

}  // namespace
}  // namespace lectern
