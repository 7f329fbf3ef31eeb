// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "kernels/backend.h"

#include <cstdint>
#include <string>

namespace lectern::bench {

/// What this machine does at best with so many threads, measured; a second, all threads together.
/// One multiply-add is two operations. Where the processor has no instruction for bfloat16 or
/// bytes, that figure is the one of float32.
struct Ceilings {
  std::string instructions;  ///< what the arithmetic was measured with: "avx512 bf16 vnni"
  double memoryBytes = 0;    ///< read, of memory that no cache holds
  double float32Operations = 0;
  double bfloat16Operations = 0;
  double int8Operations = 0;
};

/// Takes about a second, and memory of `kReadBytes`. The best of several tries, so that a busy
/// machine shows little less. Errors: OutOfMemory.
Result<Ceilings> measureCeilings(int threads);

/// Of a device with memory and arithmetic of its own: what a copy within it moves, and what the
/// backend's own products of square matrices reach, because nothing that is nearer to the hardware
/// is at hand; `instructions` says so. Takes some seconds. Errors: OutOfMemory, Internal (the
/// device fails).
Result<Ceilings> measureDeviceCeilings(kernels::Backend& backend);

/// Larger than the last cache of any processor that we know.
inline constexpr int64_t kReadBytes = int64_t{1} << 30;

}  // namespace lectern::bench
