// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"
#include "ingest/protocol.h"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace lectern {

struct SpawnedHelper {
  pid_t pid = -1;
  FileDescriptor frames;  ///< where its frames arrive; does not block
  FileDescriptor wishes;  ///< where a helper that draws is told what
};

/// Starts the helper with the descriptors of protocol.h and no others, no arguments and a bare
/// environment. The request travels in sealed memory, so that nobody sees a password in a list of
/// processes. Errors: Internal, naming the helper.
Result<SpawnedHelper> spawnHelper(const std::filesystem::path& helper,
                                  const FileDescriptor& file,
                                  const protocol::Request& request,
                                  const FileDescriptor& pixels);

/// Memory to share with a helper, of a size that neither side can change. Errors: OutOfMemory.
Result<FileDescriptor> makeSharedMemory(const char* name, int64_t sizeBytes);

}  // namespace lectern
