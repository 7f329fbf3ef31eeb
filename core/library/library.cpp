// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/library.h"

#include "core/library/backup.h"
#include "core/library/fts_tokenizer.h"
#include "core/library/library_impl.h"
#include "core/library/migrations.h"
#include "core/library/storage_error.h"
#include "core/library/writer_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace lectern {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours kBackupAge{24};

Error openError(const fs::path& path, int cause) {
  return {ErrorCode::Storage,
          fmt::format("{} could not be opened or made: {}. Check the permissions "
                      "of the folder above it, and whether its disk is full.",
                      path.string(), describeErrno(cause))};
}

// Both made here, so that they never have wider permissions; SQLite gives the log and the shared
// memory those of the database.
Result<void> makeFiles(const fs::path& folder, const fs::path& database) {
  std::error_code fault;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), fault);
  if (fault) return openError(folder, fault.value());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return openError(folder, errno);
  const FileDescriptor file(
      ::open(database.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.isOpen()) return openError(database, errno);
  return {};
}

// Locks and shared memory do not reach over a network as SQLite needs them to.
bool isOnNetworkDrive(const fs::path& folder) {
  struct statfs info{};
  if (::statfs(folder.c_str(), &info) != 0) return false;
  const auto type = static_cast<uint32_t>(info.f_type);
  return type == NFS_SUPER_MAGIC || type == SMB_SUPER_MAGIC || type == SMB2_SUPER_MAGIC ||
         type == CIFS_SUPER_MAGIC;
}

// A writer that ends well leaves no log behind.
bool hasUnfinishedLog(const fs::path& database) {
  std::error_code none;
  const auto size = fs::file_size(database.string() + "-wal", none);
  return !none && size > 0;
}

Result<void> quickCheck(Database& database) {
  Statement statement = TRY(database.prepare("PRAGMA quick_check(1)"));
  if (!TRY(statement.step()) || statement.bytes(0) == "ok") return {};
  return damagedError(database.path(), kContradicts);
}

// An index of another tokenizer would miss words and fail its check.
Result<void> renewIndex(Database& database) {
  const std::string current = tokenizerFingerprint();
  Statement found = TRY(database.prepare("SELECT value FROM setting WHERE name = 'tokenizer'"));
  const bool known = TRY(found.step());
  if (known && found.bytes(0) == current) return {};
  Transaction transaction = TRY(Transaction::begin(database));
  if (known) {
    TRY(
        database.execute("INSERT INTO segment_fts(segment_fts) VALUES('rebuild');"
                         "INSERT INTO passage_fts(passage_fts) VALUES('rebuild');"
                         "INSERT INTO message_fts(message_fts) VALUES('rebuild');"
                         "INSERT INTO conversation_fts(conversation_fts) VALUES('rebuild');"));
  }
  TRY(database.run("INSERT OR REPLACE INTO setting(name, value) VALUES('tokenizer', ?1)", current));
  return transaction.commit();
}

Result<Database> openWriter(const fs::path& path, std::vector<std::string>& notices) {
  const bool endedUnclean = hasUnfinishedLog(path);
  Database database = TRY(Database::open(path, Database::Access::Write));
  const int version = TRY(readSchemaVersion(database));
  if (endedUnclean) TRY(quickCheck(database));
  TRY(database.enableWriting());
  TRY(migrate(database, schemaScripts()));
  TRY(renewIndex(database));
  if (version > 0) {
    // A library that works must not be refused because a second one does not fit on the disk.
    const Result<void> backup = makeBackupIfOlder(database, kBackupAge);
    if (!backup) notices.push_back(backup.error().message);
  }
  return database;
}

Error nothingYet(const fs::path& database) {
  return {ErrorCode::NotFound, fmt::format("There is no library in {} yet. Add a document first.",
                                           database.parent_path().string())};
}

// A log needs shared memory beside the database. Where the folder takes no new file and no log is
// there, nobody writes and the file alone is the whole library.
Result<Database> openReader(const fs::path& path) {
  const bool mayWriteFolder = ::access(path.parent_path().c_str(), W_OK) == 0;
  const bool alone = !mayWriteFolder && !hasUnfinishedLog(path);
  Result<Database> database =
      Database::open(path, alone ? Database::Access::Immutable : Database::Access::Read);
  Result<int> version = database ? readSchemaVersion(*database) : Result<int>(database.error());
  if (!version && !mayWriteFolder && !alone) {
    return Error{ErrorCode::Storage,
                 fmt::format("{} could not be opened for reading: its last changes are in {}-wal, "
                             "and its folder may not be written. Open it once as a user who may.",
                             path.string(), path.string())};
  }
  const int found = TRY(version);
  if (found == 0) return nothingYet(path);
  if (found != static_cast<int>(schemaScripts().size())) {
    return Error{ErrorCode::Storage,
                 fmt::format("{} was written by an older version of Lectern. Open it for writing "
                             "once, so that it can be brought up to date.",
                             path.string())};
  }
  return database;
}

}  // namespace

Library::Library(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Library::~Library() = default;

Result<std::unique_ptr<Library>> Library::open(const fs::path& folder, OpenMode mode) {
  std::error_code fault;
  // SQLite must not meet the same file under two names, as through a link.
  const fs::path canonical = fs::weakly_canonical(fs::absolute(folder), fault);
  if (fault) return openError(folder, fault.value());
  const fs::path database = canonical / "library.db";
  if (mode == OpenMode::Read) {
    if (!fs::exists(database, fault)) return nothingYet(database);
    Database reader = TRY(openReader(database));
    return std::unique_ptr<Library>(
        new Library(std::make_unique<Impl>(mode, FileDescriptor(), std::move(reader))));
  }
  TRY(makeFiles(canonical, database));
  FileDescriptor lock = TRY(acquireWriterLock(canonical));
  std::vector<std::string> notices;
  if (isOnNetworkDrive(canonical)) {
    notices.push_back(
        fmt::format("{} is on a network drive, where a database can be damaged. Move "
                    "it to a disk of this machine.",
                    canonical.string()));
  }
  Database writer = TRY(openWriter(database, notices));
  return std::unique_ptr<Library>(new Library(
      std::make_unique<Impl>(mode, std::move(lock), std::move(writer), std::move(notices))));
}

const std::vector<std::string>& Library::notices() const {
  return impl_->notices;
}

Result<void> Library::Impl::requireWriting() const {
  if (mode == OpenMode::ReadWrite) return {};
  return Error{ErrorCode::Locked,
               fmt::format("{} is open for reading only. Close the program that writes to it, "
                           "then try again.",
                           database.path().string())};
}

int64_t nowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Error notFound(std::string_view what, int64_t id) {
  return {ErrorCode::NotFound, fmt::format("There is no {} {} in the library.", what, id)};
}

Sha256 sumOf(const Statement& row, int column) {
  Sha256 sum{};
  const std::string_view bytes = row.bytes(column);
  if (bytes.size() == sum.size()) std::copy(bytes.begin(), bytes.end(), sum.begin());
  return sum;
}

}  // namespace lectern
