// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace lectern {

/// Owns a POSIX file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool isOpen() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

/// The size and times that tell whether a file is still the one we read.
struct FileStamp {
  int64_t sizeBytes = 0;
  int64_t modifiedNs = 0;
  uint64_t inode = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// Opens a regular file for reading.
/// Errors: InputRefused, with the cause (missing, a folder, a device, no permission) and what to
/// do.
Result<FileDescriptor> openForReading(const std::filesystem::path& path);

Result<FileStamp> stampOf(const FileDescriptor& file, const std::filesystem::path& path);

/// Reads all of a file of at most `maxBytes`; sets `stamp` to that of the file that was read.
/// Errors: InputRefused; DoesNotFit when it is larger.
Result<std::string> readFile(const std::filesystem::path& path,
                             int64_t maxBytes,
                             FileStamp* stamp = nullptr);

/// Makes a new file beside `path` to write and read, under a name that nobody has, ending in
/// ".tmp", readable by the user alone; sets `temporary` to it. Not open where that failed: errno
/// says why.
FileDescriptor makeTemporaryBeside(const std::filesystem::path& path,
                                   std::filesystem::path& temporary);

/// A file that appears under its name whole or not at all: written under a temporary name beside
/// it, synced, renamed over it, the folder synced. Destroyed before `commit`, it leaves nothing
/// behind.
class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::filesystem::path& path);
  AtomicFile(AtomicFile&& other) noexcept = default;
  AtomicFile& operator=(AtomicFile&& other) = delete;
  ~AtomicFile();

  /// Errors: Storage, naming the file and the cause.
  Result<void> append(std::string_view bytes);
  Result<void> commit();

 private:
  AtomicFile() = default;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  FileDescriptor file_;
};

/// The same for bytes that are at hand.
Result<void> writeFileAtomically(const std::filesystem::path& path, std::string_view bytes);

/// "No space left on device" and such, for the errno of a failed call.
std::string describeErrno(int errorNumber);

}  // namespace lectern
