// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/mapped_file.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>

namespace lectern {

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path) {
  const FileDescriptor file = TRY(openForReading(path));
  const FileStamp stamp = TRY(stampOf(file, path));
  const auto size = static_cast<size_t>(stamp.sizeBytes);
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile(nullptr, stamp));
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} cannot be mapped: {}.", path.string(), describeErrno(errno))};
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(data, stamp));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, static_cast<size_t>(stamp_.sizeBytes));
}

}  // namespace lectern
