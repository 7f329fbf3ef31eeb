// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace lectern {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string describeErrno(int errorNumber) {
  return std::generic_category().message(errorNumber);
}

Result<FileDescriptor> openForReading(const std::filesystem::path& path) {
  // O_NONBLOCK keeps a named pipe from holding us until somebody writes to it; regular files ignore
  // it.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.isOpen()) {
    const int cause = errno;
    const char* advice = cause == ENOENT   ? "Check the name."
                         : cause == EACCES ? "Ask its owner for permission to read it."
                                           : "Try to open it with another program.";
    return Error{ErrorCode::InputRefused, fmt::format("{} cannot be opened: {}. {}", path.string(),
                                                      describeErrno(cause), advice)};
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} cannot be examined: {}.", path.string(), describeErrno(errno))};
  }
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} is {}, not a document. Name a file.", path.string(),
                             S_ISDIR(info.st_mode) ? "a folder" : "not a regular file")};
  }
  return file;
}

Result<FileStamp> stampOf(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} cannot be examined: {}.", path.string(), describeErrno(errno))};
  }
  return FileStamp{info.st_size, info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec,
                   static_cast<uint64_t>(info.st_ino)};
}

Result<std::string> readFile(const std::filesystem::path& path,
                             int64_t maxBytes,
                             FileStamp* stamp) {
  const FileDescriptor file = TRY(openForReading(path));
  if (stamp != nullptr) *stamp = TRY(stampOf(file, path));
  std::string bytes;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{ErrorCode::InputRefused,
                   fmt::format("{} cannot be read: {}.", path.string(), describeErrno(errno))};
    }
    if (got == 0) return bytes;
    if (static_cast<int64_t>(bytes.size()) + got > maxBytes) {
      return Error{ErrorCode::DoesNotFit,
                   fmt::format("{} is larger than {} bytes, the most that is read here.",
                               path.string(), maxBytes)};
    }
    bytes.append(buffer, static_cast<size_t>(got));
  }
}

// A process's number would not do: programs in two containers may share a folder, and a number.
FileDescriptor makeTemporaryBeside(const std::filesystem::path& path,
                                   std::filesystem::path& temporary) {
  constexpr std::string_view kEnding = ".tmp";
  std::string name = fmt::format("{}.XXXXXX{}", path.string(), kEnding);
  FileDescriptor file(::mkostemps(name.data(), static_cast<int>(kEnding.size()), O_CLOEXEC));
  try {
    temporary = name;
  } catch (...) {  // no memory
    if (file.isOpen()) ::unlink(name.c_str());
    throw;
  }
  return file;
}

namespace {

Error writeError(const std::filesystem::path& path, int cause) {
  return {
      ErrorCode::Storage,
      fmt::format("{} could not be written: {}. {}", path.string(), describeErrno(cause),
                  cause == ENOSPC || cause == EDQUOT ? "Free some space on that disk and try again."
                                                     : "Check the folder's permissions.")};
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  AtomicFile result;
  result.path_ = path;
  result.file_ = makeTemporaryBeside(path, result.temporary_);
  if (!result.file_.isOpen()) return writeError(path, errno);
  return result;
}

AtomicFile::~AtomicFile() {
  if (file_.isOpen()) ::unlink(temporary_.c_str());
}

Result<void> AtomicFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file_.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return writeError(path_, errno);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

Result<void> AtomicFile::commit() {
  if (::fsync(file_.get()) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return writeError(path_, errno);
  }
  file_.reset();
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.isOpen() || ::fsync(directory.get()) != 0) return writeError(folder, errno);
  return {};
}

Result<void> writeFileAtomically(const std::filesystem::path& path, std::string_view bytes) {
  AtomicFile file = TRY(AtomicFile::create(path));
  TRY(file.append(bytes));
  return file.commit();
}

}  // namespace lectern
