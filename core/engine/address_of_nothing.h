// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace lectern {

/// An address that stands for device memory while only shapes are planned; it must not be touched.
/// Above every user address of x86-64 and AArch64, below those of kernels::ArenaPlanner.
inline void* addressOfNothing() {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a name for memory, never memory
  return reinterpret_cast<void*>(uintptr_t{1} << 55);
}

}  // namespace lectern
