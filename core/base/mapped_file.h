// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"

#include <filesystem>
#include <memory>
#include <string_view>

namespace lectern {

/// A file mapped for reading: its bytes are read when they are touched. A file that shrinks
/// afterwards ends the program where it is touched (POSIX), so only files of ours and of the user's
/// model folder are mapped.
class MappedFile {
 public:
  /// Errors: InputRefused, with the cause.
  static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::string_view bytes() const {
    return {static_cast<const char*>(data_), static_cast<size_t>(stamp_.sizeBytes)};
  }
  /// Of the file that is mapped, whatever has its name by now.
  [[nodiscard]] const FileStamp& stamp() const { return stamp_; }

 private:
  MappedFile(void* data, const FileStamp& stamp) : data_(data), stamp_(stamp) {}

  void* data_;
  FileStamp stamp_;
};

}  // namespace lectern
