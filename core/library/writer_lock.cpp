// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/writer_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

namespace lectern {

namespace {

Error lockFileError(const std::filesystem::path& path, int cause) {
  return {
      ErrorCode::Storage,
      fmt::format("{} could not be written: {}. Check the folder's permissions, and whether its "
                  "disk is full.",
                  path.string(), describeErrno(cause))};
}

// "4711 lectern-cli" becomes "lectern-cli (process 4711)".
std::string describeHolder(const FileDescriptor& file) {
  char buffer[128];
  const ssize_t got = ::pread(file.get(), buffer, sizeof buffer, 0);
  std::string_view line(buffer, got > 0 ? static_cast<size_t>(got) : 0);
  line = line.substr(0, line.find('\n'));
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return "another program";
  return fmt::format("{} (process {})", line.substr(space + 1), line.substr(0, space));
}

}  // namespace

Result<FileDescriptor> acquireWriterLock(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "library.lock";
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.isOpen()) return lockFileError(path, errno);

  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_OFD_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES) return lockFileError(path, errno);
    return Error{ErrorCode::Locked,
                 fmt::format("The library in {} is in use by {}. Close that one, or wait until it "
                             "is done.",
                             folder.string(), describeHolder(file))};
  }
  // A disk too full to take the name must not keep anybody from the library.
  const std::string holder = fmt::format("{} {}\n", ::getpid(), program_invocation_short_name);
  if (::ftruncate(file.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t put = ::pwrite(file.get(), holder.data(), holder.size(), 0);
  }
  return file;
}

}  // namespace lectern
