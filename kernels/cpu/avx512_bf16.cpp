// SPDX-License-Identifier: GPL-3.0-or-later
#if defined(__x86_64__)

#include "kernels/bfloat16.h"
#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/unroll.h"

#include <immintrin.h>

// Everything up to the end of the region is compiled for AVX-512 with VNNI and BF16; the headers
// above are not, so that what the linker keeps of their inline functions runs everywhere.
#if defined(__clang__)
#pragma clang attribute push(                                                               \
    __attribute__((                                                                         \
        target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,avx512bf16"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,avx512bf16")
#endif

namespace lectern::kernels::cpu {

namespace {

namespace avx512_bf16 {

#include "kernels/cpu/avx512-inl.h"
#include "kernels/cpu/avx512_pairs-inl.h"
#include "kernels/cpu/generic/all-inl.h"

}  // namespace avx512_bf16

}  // namespace

}  // namespace lectern::kernels::cpu

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace lectern::kernels::cpu {

const Kernels kAvx512Bf16 = {
    "cpu-avx512-bf16",
    [] {
      return __builtin_cpu_supports("avx512f") > 0 && __builtin_cpu_supports("avx512bw") > 0 &&
             __builtin_cpu_supports("avx512dq") > 0 && __builtin_cpu_supports("avx512vl") > 0 &&
             __builtin_cpu_supports("avx512vnni") > 0 && __builtin_cpu_supports("f16c") > 0 &&
             __builtin_cpu_supports("avx512bf16") > 0;
    },
    avx512_bf16::kLayout,
    [](const Operation& operation, Workspace& workspace) {
      std::visit([&](const auto& op) { avx512_bf16::run(op, workspace); }, operation);
    }};

}  // namespace lectern::kernels::cpu

#endif
