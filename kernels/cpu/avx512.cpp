// SPDX-License-Identifier: GPL-3.0-or-later
#if defined(__x86_64__)

#include "kernels/bfloat16.h"
#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/unroll.h"

#include <immintrin.h>

// Everything up to the end of the region is compiled for AVX-512 with VNNI; the headers above are
// not, so that what the linker keeps of their inline functions runs everywhere.
#if defined(__clang__)
#pragma clang attribute push(                                                               \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")
#endif

namespace lectern::kernels::cpu {

namespace {

namespace avx512 {

#include "kernels/cpu/avx512-inl.h"

constexpr bool kHasDotPairs = false;
inline V dotPairs(V sum, I, I) {
  return sum;
}
inline void storeNarrow(BFloat16*, V) {}

#include "kernels/cpu/generic/all-inl.h"

}  // namespace avx512

}  // namespace

}  // namespace lectern::kernels::cpu

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace lectern::kernels::cpu {

const Kernels kAvx512 = {
    "cpu-avx512",
    [] {
      return __builtin_cpu_supports("avx512f") > 0 && __builtin_cpu_supports("avx512bw") > 0 &&
             __builtin_cpu_supports("avx512dq") > 0 && __builtin_cpu_supports("avx512vl") > 0 &&
             __builtin_cpu_supports("avx512vnni") > 0 && __builtin_cpu_supports("f16c") > 0;
    },
    avx512::kLayout,
    [](const Operation& operation, Workspace& workspace) {
      std::visit([&](const auto& op) { avx512::run(op, workspace); }, operation);
    }};

}  // namespace lectern::kernels::cpu

#endif
