// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"

#include <filesystem>

namespace lectern {

/// Takes the lock of the one writing process: `folder`/library.lock, locked (fcntl, open file
/// description) while the descriptor is open, holding "process id, space, program name". The kernel
/// ends the lock with its process, so what a dead one left behind is no obstacle.
/// Errors: Locked, naming the holder; Storage when the file cannot be made.
Result<FileDescriptor> acquireWriterLock(const std::filesystem::path& folder);

}  // namespace lectern
