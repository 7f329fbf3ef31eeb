// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Before a loop over sums: unrolled whole, for an array of registers that is indexed by a variable
/// lands in memory.
#if defined(__clang__)
#define LECTERN_UNROLL _Pragma("unroll")
#else
#define LECTERN_UNROLL _Pragma("GCC unroll 16")
#endif
