// SPDX-License-Identifier: GPL-3.0-or-later
// core/library/SCHEMA.md describes the file to people who will have to read it without us: its
// examples and its list of tables are held to the truth.

#include "core/library/database.h"
#include "tests/core/library/library_fixture.h"

#include <fmt/format.h>

namespace lectern {
namespace {

class SchemaPage : public LibraryTest {
 protected:
  void SetUp() override {
    LibraryTest::SetUp();
    const auto path = std::filesystem::path(LECTERN_SOURCE_DIR) / "core/library/SCHEMA.md";
    page_ = readFile(path, 1 << 20).value();
  }

  std::string page_;
};

std::string hex(std::string_view bytes) {
  std::string digits;
  for (const char byte : bytes) {
    digits += fmt::format("{:02x} ", static_cast<unsigned char>(byte));
  }
  digits.pop_back();
  return digits;
}

TEST_F(SchemaPage, ShowsTheBytesThatAreStored) {
  GlyphRun word;
  word.span = {0, 7};
  word.flags = GlyphRun::StartsLine;
  word.box = {6553, 6553, 19660, 7864};
  word.edges = {6553, 9174, 11796, 14417, 17039, 19660};
  GlyphRun digit;
  digit.span = {8, 9};
  digit.box = {20971, 6553, 23592, 7864};
  digit.edges = {20971, 23592};
  const std::string text = "Größe 5\n\n";
  for (const std::string& stored :
       {encodeRuns({word, digit}), encodeBlocks({{BlockKind::Heading, 2, {0, 9}}}),
        encodeRects(rectsOf({word, digit}, text, {0, 9}))}) {
    EXPECT_NE(page_.find(fmt::format("\n{}\n", hex(stored))), std::string::npos) << hex(stored);
  }
  EXPECT_NE(page_.find(std::to_string((int64_t{3} << 32) | 2)), std::string::npos);
}

TEST_F(SchemaPage, DescribesEveryTableAndColumn) {
  Database reader = Database::open(database(), Database::Access::Read).value();
  Statement columns = reader
                          .prepare(
                              "SELECT t.name, c.name FROM sqlite_schema AS t,"
                              " pragma_table_info(t.name) AS c"
                              " WHERE t.type IN ('table', 'view')"
                              " AND t.name NOT LIKE '%\\_fts%' ESCAPE '\\'"
                              " AND t.name NOT LIKE 'sqlite%' AND t.name <> 'segment_word'")
                          .value();
  int count = 0;
  while (columns.step().value()) {
    const std::string table = columns.string(0);
    const std::string column = columns.string(1);
    const size_t section = page_.find("### " + table + "\n");
    ASSERT_NE(section, std::string::npos) << table;
    const size_t end = page_.find("\n### ", section);
    EXPECT_NE(page_.substr(section, end - section).find("`" + column + "`"), std::string::npos)
        << table << "." << column;
    ++count;
  }
  EXPECT_GT(count, 90);
}

}  // namespace
}  // namespace lectern
