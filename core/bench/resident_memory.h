// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace lectern::bench {

/// What this process holds in memory, by the kernel (proc(5), /proc/self/status); 0: not known.
struct ResidentMemory {
  int64_t bytes = 0;
  int64_t fileBytes = 0;  ///< of these, pages of mapped files, which it can drop
};

ResidentMemory residentMemory();

}  // namespace lectern::bench
