// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/backup.h"

#include "core/library/database.h"
#include "core/library/migrations.h"
#include "tests/core/library/library_fixture.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

namespace lectern {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class Backup : public LibraryTest {
 protected:
  static void makeOlder(const std::filesystem::path& path, std::chrono::hours age) {
    std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) - age);
  }
};

TEST_F(Backup, IsMadeOnceADayAndTheLastThreeAreKept) {
  addDocument(*library_, {{"Words."}}).value();
  EXPECT_THAT(listBackups(database()), IsEmpty());
  for (size_t day = 1; day <= 5; ++day) {
    reopen();
    reopen();
    const std::vector<std::filesystem::path> backups = listBackups(database());
    ASSERT_THAT(backups, SizeIs(std::min<size_t>(day, 3)));
    EXPECT_GE(backups.front().filename(), backups.back().filename());
    for (const auto& backup : backups) makeOlder(backup, std::chrono::hours(25));
    addDocument(*library_, {{"More words on day " + std::to_string(day)}}).value();
  }
}

TEST_F(Backup, IsNotMadeOfAnUnchangedLibrary) {
  reopen();
  const std::vector<std::filesystem::path> backups = listBackups(database());
  ASSERT_THAT(backups, SizeIs(1));
  makeOlder(backups[0], std::chrono::hours(25));
  makeOlder(database(), std::chrono::hours(26));
  reopen();
  EXPECT_THAT(listBackups(database()), SizeIs(1));
}

TEST_F(Backup, IsAWholeLibraryForTheOwnerAlone) {
  const RevisionId id = addDocument(*library_, {{"Saved words."}}).value();
  reopen();
  library_.reset();
  const std::filesystem::path backup = listBackups(database()).at(0);
  struct stat info{};
  ASSERT_EQ(::stat(backup.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  const std::filesystem::path restored = folder_ / "restored";
  std::filesystem::create_directory(restored);
  std::filesystem::copy_file(backup, restored / "library.db");
  const auto library = Library::open(restored, Library::OpenMode::ReadWrite).value();
  EXPECT_EQ(library->text(id, {0, 5}).value(), "Saved");
  EXPECT_THAT(library->checkDatabase()->problems, IsEmpty());
}

TEST_F(Backup, IsSaidToHaveFailedButKeepsNobodyFromTheLibrary) {
  library_.reset();
  std::ofstream(backupFolder(database())) << "a file where the folder should be";
  reopen();
  EXPECT_THAT(library_->notices(), SizeIs(1));
}

TEST_F(Backup, IsMadeBeforeAMigration) {
  const RevisionId id = addDocument(*library_, {{"Old words."}}).value();
  library_.reset();
  Database writer = Database::open(database(), Database::Access::Write).value();
  ASSERT_TRUE(writer.enableWriting());
  std::vector<std::string_view> scripts = schemaScripts();
  const auto version = static_cast<int64_t>(scripts.size());
  scripts.push_back("ALTER TABLE shelf ADD COLUMN colour TEXT;");
  ASSERT_TRUE(migrate(writer, scripts));
  EXPECT_EQ(writer.integer("PRAGMA user_version").value(), version + 1);
  ASSERT_THAT(listBackups(database()), SizeIs(1));
  Database backup = Database::open(listBackups(database())[0], Database::Access::Immutable).value();
  EXPECT_EQ(backup.integer("PRAGMA user_version").value(), version);
  EXPECT_EQ(backup.integer("SELECT id FROM revision").value(), static_cast<int64_t>(id));
}

TEST_F(Backup, LeavesTheOldVersionWhereAMigrationFails) {
  library_.reset();
  Database writer = Database::open(database(), Database::Access::Write).value();
  ASSERT_TRUE(writer.enableWriting());
  std::vector<std::string_view> scripts = schemaScripts();
  const auto version = static_cast<int64_t>(scripts.size());
  scripts.push_back("ALTER TABLE shelf ADD COLUMN colour TEXT; SELECT nonsense;");
  EXPECT_FALSE(migrate(writer, scripts));
  EXPECT_EQ(writer.integer("PRAGMA user_version").value(), version);
  EXPECT_FALSE(writer.prepare("SELECT colour FROM shelf"));
}

}  // namespace
}  // namespace lectern
