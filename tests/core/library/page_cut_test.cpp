// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/page_cut.h"

#include "core/library/database.h"
#include "core/library/library_impl.h"
#include "tests/core/library/library_fixture.h"

namespace lectern {
namespace {

class PageCut : public LibraryTest {};

TEST_F(PageCut, CutsFromOnePageAndNothingElse) {
  const RevisionId id = addDocument(*library_, {{"Één."}, {}, {"Two."}}).value();
  Database reader = Database::open(database(), Database::Access::Read).value();
  Statement statement = reader.prepare("SELECT page_cut(?1, ?2, ?3)").value();
  const auto cut = [&](int page, int64_t first, int64_t end) {
    EXPECT_TRUE(statement.bind(rowId(id, page), first, end).step().value());
    return statement.isNull(0) ? std::string("NULL") : statement.string(0);
  };
  EXPECT_EQ(cut(1, 0, 2), "É");
  EXPECT_EQ(cut(1, 0, 8), "Één.\n\n");
  EXPECT_EQ(cut(3, 8, 11), "Two");
  EXPECT_EQ(cut(1, 2, 6), "én.");
  EXPECT_EQ(cut(3, 14, 14), "");
  EXPECT_EQ(cut(3, 7, 9), "NULL");
  EXPECT_EQ(cut(1, 0, 9), "NULL");
  EXPECT_EQ(cut(1, 3, 2), "NULL");
  EXPECT_EQ(cut(2, 8, 8), "");
  EXPECT_EQ(cut(4, 0, 0), "NULL");
  EXPECT_EQ(cut(1, 4, 5), "n");
}

}  // namespace
}  // namespace lectern
