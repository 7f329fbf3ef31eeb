// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>

namespace lectern::helper {

struct SandboxLimits {
  int64_t cpuSeconds = 0;         ///< of the whole process; the kernel ends it there
  int64_t addressSpaceBytes = 0;  ///< not set in sanitizer builds, whose shadow memory is larger
};

/// Takes from this process, before it looks at a foreign byte, everything that reading a document
/// does not need, for good and for every thread:
///
///   limits    processor time, address space, 64 descriptors, no file growth, no core file
///   Landlock  files can be read below the folders of fonts, fontconfig, poppler-data, locales and
///             libraries only; no TCP, no signals to others
///   seccomp   no sockets, no new programs or processes, no open for writing, no change of files:
///             EACCES; tracing others, loading kernel code, mounting and such end the process
///
/// Gives a sentence where the kernel has no Landlock, else an empty string.
/// Errors: Internal where limits or seccomp are refused: then nothing may be read.
Result<std::string> enterSandbox(const SandboxLimits& limits);

}  // namespace lectern::helper
