// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"
#include "core/base/sha256.h"

#include <filesystem>
#include <stop_token>

namespace lectern {

/// A user's file, held open: what is summed, read and drawn is the same file, whatever happens to
/// its name meanwhile.
struct SourceFile {
  std::filesystem::path named;     ///< as the user named it, for messages
  std::filesystem::path location;  ///< absolute, links resolved: what the library keeps
  FileDescriptor descriptor;
  FileStamp stamp;  ///< when it was opened

  /// Errors: InputRefused.
  static Result<SourceFile> open(const std::filesystem::path& path);

  /// The sum of its content now. Errors: InputRefused; Cancelled.
  [[nodiscard]] Result<Sha256> hash(std::stop_token stop) const;

  /// Fails with InputRefused when size or time are not those of the opening any more.
  [[nodiscard]] Result<void> checkUnchanged() const;
  /// What checkUnchanged says.
  [[nodiscard]] Error changedError() const;
};

}  // namespace lectern
