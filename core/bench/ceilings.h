// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

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

/// Larger than the last cache of any processor that we know.
inline constexpr int64_t kReadBytes = int64_t{1} << 30;

}  // namespace lectern::bench
