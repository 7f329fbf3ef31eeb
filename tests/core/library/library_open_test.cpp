// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/library/library_fixture.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>

namespace lectern {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class LibraryOpen : public LibraryTest {
 protected:
  // Runs SQL past the library.
  void sql(const std::string& statements) {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(database().c_str(), &connection), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(connection, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(connection);
    sqlite3_close(connection);
  }
  void overwrite(int64_t offset, const std::string& bytes) {
    std::fstream file(database(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(file.good());
  }
  // What a kill leaves: the database and its log, but nobody who holds them.
  void endAsIfKilled() {
    const std::filesystem::path rescued = folder_ / "rescued";
    std::filesystem::create_directory(rescued);
    for (const char* name : {"library.db", "library.db-wal"}) {
      std::filesystem::copy_file(folder_ / name, rescued / name);
    }
    library_.reset();
    for (const char* name : {"library.db", "library.db-wal"}) {
      std::filesystem::rename(rescued / name, folder_ / name);
    }
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
  EXPECT_TRUE(refused(library_->setTokenCount(id, sha256("x"), 1)));
  EXPECT_TRUE(refused(library_->shelf("new")));
  EXPECT_TRUE(refused(library_->setShelf(ShelfId{1}, {})));
  EXPECT_TRUE(refused(library_->renameShelf(ShelfId{1}, "x")));
  EXPECT_TRUE(refused(library_->removeShelf(ShelfId{1})));
  EXPECT_TRUE(refused(library_->newConversation("x", {})));
  EXPECT_TRUE(refused(library_->addExchange(talk, {}, {}, {})));
  EXPECT_TRUE(refused(library_->renameConversation(talk, "y")));
  EXPECT_TRUE(refused(library_->removeConversation(talk)));
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

TEST_F(LibraryOpen, ChecksAfterAnUncleanEndAndRefusesDamageWithoutTouchingIt) {
  addDocument(*library_, {{std::string(20000, 'x')}}).value();
  reopen();
  addDocument(*library_, {{"Only in the log."}}).value();
  endAsIfKilled();
  overwrite(4096, std::string(4096, '\xff'));
  const std::string before = bytes();
  const std::string log = readFile(database().string() + "-wal", 1 << 30).value();
  const auto opened = Library::open(folder_, Library::OpenMode::ReadWrite);
  EXPECT_EQ(opened.error().code, ErrorCode::Storage);
  EXPECT_THAT(messageOf(opened), HasSubstr("is damaged"));
  EXPECT_THAT(messageOf(opened), HasSubstr("copy its newest backup"));
  EXPECT_EQ(bytes(), before);
  EXPECT_EQ(readFile(database().string() + "-wal", 1 << 30).value(), log);
}

TEST_F(LibraryOpen, KeepsWhatWasCommittedBeforeAnUncleanEnd) {
  const RevisionId id = addDocument(*library_, {{"Only in the log."}}).value();
  endAsIfKilled();
  reopen();
  EXPECT_EQ(library_->searchSegments({"log"}, {id}, 1)->size(), 1U);
  EXPECT_THAT(library_->checkDatabase()->problems, IsEmpty());
}

TEST_F(LibraryOpen, ReportsDamageThatShowsOnlyLater) {
  const RevisionId id = addDocument(*library_, {{"Title", std::string(200'000, 'x')}}).value();
  library_.reset();
  // Inside the long text: no structure of SQLite's is hurt, but the sum tells.
  overwrite(static_cast<int64_t>(bytes().find(std::string(3000, 'x'))) + 1500, "y");
  reopen();
  const DatabaseReport report = library_->checkDatabase().value();
  EXPECT_THAT(report.problems, Contains(HasSubstr("is not the one that was stored")));
  library_.reset();
  for (int64_t page = 1; page < static_cast<int64_t>(bytes().size()) / 4096; ++page) {
    overwrite(page * 4096, std::string(8, '\xff'));
  }
  auto opened = Library::open(folder_, Library::OpenMode::ReadWrite);
  const std::string message = opened ? messageOf((*opened)->page(id, 1)) : opened.error().message;
  EXPECT_THAT(message, HasSubstr("is damaged"));
}

// Runs `check` in a process that may read, but not write, the library's files.
template <class Check>
int runWithoutPermission(const std::filesystem::path& folder, Check check) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    ::chmod(entry.path().c_str(), entry.is_directory() ? 0555 : 0444);
  }
  ::chmod(folder.c_str(), 0555);
  const pid_t child = ::fork();
  if (child == 0) {
    // Root may write everywhere.
    if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(99);
    ::_exit(check());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::chmod(folder.c_str(), 0700);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(LibraryOpen, ReadsWhatMayNotBeWritten) {
  const RevisionId id = addDocument(*library_, {{"Read only."}}).value();
  library_.reset();
  EXPECT_EQ(runWithoutPermission(folder_,
                                 [&] {
                                   const auto writer =
                                       Library::open(folder_, Library::OpenMode::ReadWrite);
                                   if (writer || writer.error().code != ErrorCode::Storage)
                                     return 1;
                                   auto reader = Library::open(folder_, Library::OpenMode::Read);
                                   if (!reader) return 2;
                                   if (!(*reader)->checkDatabase()->problems.empty()) return 3;
                                   return (*reader)->page(id, 1)->page.text == "Read only.\n\n" ? 0
                                                                                                : 4;
                                 }),
            0);
}

TEST_F(LibraryOpen, SaysWhyALogInAReadOnlyFolderKeepsItFromReading) {
  addDocument(*library_, {{"Only in the log."}}).value();
  endAsIfKilled();
  EXPECT_EQ(runWithoutPermission(
                folder_,
                [&] {
                  const auto reader = Library::open(folder_, Library::OpenMode::Read);
                  if (reader) return 1;
                  return reader.error().message.find("its last changes are in") != std::string::npos
                             ? 0
                             : 2;
                }),
            0);
}

TEST_F(LibraryOpen, IsFreeAgainWhenItsHolderWasKilled) {
  library_.reset();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    auto held = Library::open(folder_, Library::OpenMode::ReadWrite);
    [[maybe_unused]] const ssize_t put = ::write(ready[1], held ? "y" : "n", 1);
    ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  const auto second = Library::open(folder_, Library::OpenMode::ReadWrite);
  EXPECT_EQ(second.error().code, ErrorCode::Locked);
  EXPECT_THAT(messageOf(second), HasSubstr("(process " + std::to_string(holder) + ")"));
  EXPECT_TRUE(Library::open(folder_, Library::OpenMode::Read));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  reopen();
}

TEST_F(LibraryOpen, MakesTheIndexAnewForAnotherTokenizer) {
  const RevisionId id = addDocument(*library_, {{"Indexed words."}}).value();
  ASSERT_TRUE(library_->newConversation("A talk", {id}));
  library_.reset();
  sql("DELETE FROM segment_fts_data WHERE id > 10; DELETE FROM passage_fts_data WHERE id > 10;"
      "DELETE FROM segment_fts_idx; DELETE FROM conversation_fts_data WHERE id > 10;"
      "DELETE FROM conversation_fts_idx; UPDATE setting SET value = 'another' WHERE name = "
      "'tokenizer'");
  reopen();
  EXPECT_EQ(library_->searchSegments({"indexed"}, {id}, 1)->size(), 1U);
  EXPECT_EQ(library_->searchConversations("talk")->size(), 1U);
  EXPECT_THAT(library_->checkDatabase()->problems, IsEmpty());
}

}  // namespace
}  // namespace lectern
