// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/library/library_fixture.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>

namespace lectern {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class LibraryOpen : public LibraryTest {
 protected:
  // Runs SQL past the library.
  void sql(const std::string& statements) {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(database().c_str(), &connection), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(connection, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(connection);
    sqlite3_close(connection);
  }
  void overwrite(int64_t offset, const std::string& bytes) {
    FILE* file = fopen(database().c_str(), "r+b");
    ASSERT_NE(file, nullptr);
    fseek(file, offset, SEEK_SET);
    fwrite(bytes.data(), 1, bytes.size(), file);
    fclose(file);
  }
  [[nodiscard]] std::string bytes() const { return readFile(database(), 1 << 30).value(); }
};

TEST_F(LibraryOpen, KeepsItsFilesToTheOwner) {
  struct stat info{};
  for (const char* name : {"library.db", "library.db-wal", "library.lock"}) {
    ASSERT_EQ(::stat((folder_ / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600U) << name;
  }
  ASSERT_TRUE(Library::open(folder_ / "a" / "b", Library::OpenMode::ReadWrite));
  ASSERT_EQ(::stat((folder_ / "a" / "b").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
}

TEST_F(LibraryOpen, LetsOneWriteAndNamesTheHolder) {
  const Result<std::unique_ptr<Library>> second =
      Library::open(folder_, Library::OpenMode::ReadWrite);
  EXPECT_EQ(second.error().code, ErrorCode::Locked);
  EXPECT_THAT(messageOf(second), HasSubstr("(process " + std::to_string(::getpid()) + ")"));
  EXPECT_THAT(messageOf(second), HasSubstr("core_library"));
  reopen();
}

TEST_F(LibraryOpen, LetsOthersReadWhileOneWrites) {
  const auto reader = Library::open(folder_, Library::OpenMode::Read).value();
  EXPECT_THAT(reader->revisions().value(), IsEmpty());
  const RevisionId id = addDocument(*library_, {{"Fresh words."}}).value();
  EXPECT_EQ(reader->revisions()->size(), 1U);
  EXPECT_EQ(reader->searchSegments({"fresh"}, {id}, 1)->size(), 1U);
  EXPECT_THAT(reader->checkDatabase()->problems, IsEmpty());
}

TEST_F(LibraryOpen, RefusesEveryWriteOfAReader) {
  const RevisionId id = addDocument(*library_, {{"Words."}}).value();
  const ConversationId talk = library_->newConversation("x", {}).value();
  reopen(Library::OpenMode::Read);
  const auto refused = [](const auto& result) {
    return !result.has_value() && result.error().code == ErrorCode::Locked;
  };
  EXPECT_TRUE(refused(library_->beginRevision(sha256("x"), 1, {})));
  EXPECT_TRUE(refused(library_->addPage(id, makePage(2, {"x"}))));
  EXPECT_TRUE(refused(library_->seal(id, {}, {})));
  EXPECT_TRUE(refused(library_->setLocation("/a", {}, id)));
  EXPECT_TRUE(refused(library_->removeRevision(id)));
  EXPECT_TRUE(refused(library_->shelf("new")));
  EXPECT_TRUE(refused(library_->setShelf(ShelfId{1}, {})));
  EXPECT_TRUE(refused(library_->newConversation("x", {})));
  EXPECT_TRUE(refused(library_->addMessage(talk, {})));
  EXPECT_TRUE(refused(library_->setCitationStatus(CitationId{1}, CitationStatus::Ok)));
}

TEST_F(LibraryOpen, SaysThatThereIsNothingToReadYet) {
  const auto missing = Library::open(folder_ / "none", Library::OpenMode::Read);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_THAT(messageOf(missing), HasSubstr("Add a document first"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "none"));
}

TEST_F(LibraryOpen, RefusesAFileOfANewerVersionAndLeavesItAsItWas) {
  library_.reset();
  sql("PRAGMA user_version = 1000000");
  const std::string before = bytes();
  const auto opened = Library::open(folder_, Library::OpenMode::ReadWrite);
  EXPECT_EQ(opened.error().code, ErrorCode::Storage);
  EXPECT_THAT(messageOf(opened), HasSubstr("newer version"));
  EXPECT_THAT(messageOf(Library::open(folder_, Library::OpenMode::Read)),
              HasSubstr("newer version"));
  EXPECT_EQ(bytes(), before);
}

TEST_F(LibraryOpen, RefusesADatabaseOfAnotherProgram) {
  library_.reset();
  std::filesystem::remove(database());
  sql("CREATE TABLE t(a)");
  const std::string before = bytes();
  EXPECT_THAT(messageOf(Library::open(folder_, Library::OpenMode::ReadWrite)),
              HasSubstr("another program"));
  EXPECT_EQ(bytes(), before);
}

TEST_F(LibraryOpen, RefusesADamagedHeaderAndNamesTheNewestBackup) {
  addDocument(*library_, {{"Words."}}).value();
  reopen();  // makes the daily backup
  library_.reset();
  overwrite(0, "no database");
  const std::string before = bytes();
  const auto opened = Library::open(folder_, Library::OpenMode::ReadWrite);
  EXPECT_EQ(opened.error().code, ErrorCode::Storage);
  EXPECT_THAT(messageOf(opened), HasSubstr("damaged"));
  EXPECT_THAT(messageOf(opened), HasSubstr((folder_ / "backups" / "library-").string()));
  EXPECT_EQ(bytes(), before);

  // What the sentence advises works.
  const auto backup = *std::filesystem::directory_iterator(folder_ / "backups");
  std::filesystem::rename(database(), folder_ / "damaged.db");
  std::filesystem::copy_file(backup.path(), database());
  reopen();
  EXPECT_EQ(library_->revisions()->size(), 1U);
  EXPECT_THAT(library_->checkDatabase()->problems, IsEmpty());
}

}  // namespace
}  // namespace lectern
