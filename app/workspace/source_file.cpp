// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/source_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace lectern {

Result<SourceFile> SourceFile::open(const std::filesystem::path& path) {
  SourceFile file;
  file.named = path;
  file.descriptor = TRY(openForReading(path));
  file.stamp = TRY(stampOf(file.descriptor, path));
  std::error_code failed;
  file.location = std::filesystem::canonical(path, failed);
  if (failed) file.location = std::filesystem::absolute(path, failed);
  return file;
}

Result<Sha256> SourceFile::hash(std::stop_token stop) const {
  constexpr size_t kPiece = size_t{1} << 20;
  const auto buffer = std::make_unique<char[]>(kPiece);
  Sha256Hasher hasher;
  int64_t offset = 0;
  for (;;) {
    if (stop.stop_requested()) {
      return Error{ErrorCode::Cancelled, fmt::format("Stopped while reading {}.", named.string())};
    }
    const ssize_t got = ::pread(descriptor.get(), buffer.get(), kPiece, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{ErrorCode::InputRefused,
                   fmt::format("{} cannot be read: {}. Check the disk that it is on.",
                               named.string(), describeErrno(errno))};
    }
    if (got == 0) return hasher.finish();
    hasher.update(std::string_view(buffer.get(), static_cast<size_t>(got)));
    offset += got;
  }
}

Result<void> SourceFile::checkUnchanged() const {
  if (TRY(stampOf(descriptor, named)) == stamp) return {};
  return changedError();
}

Error SourceFile::changedError() const {
  return {ErrorCode::InputRefused,
          fmt::format("{} changed while it was being read. Add it again when nothing writes to it.",
                      named.string())};
}

}  // namespace lectern
