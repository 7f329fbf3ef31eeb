// SPDX-License-Identifier: GPL-3.0-or-later
#if defined(__x86_64__)

#include "kernels/bfloat16.h"
#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/unroll.h"

#include <immintrin.h>

// Everything up to the end of the region is compiled for AVX2 with VNNI; the headers above are not,
// so that what the linker keeps of their inline functions runs everywhere.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avxvnni")
#endif

namespace lectern::kernels::cpu {

namespace {

namespace avx2_vnni {

#include "kernels/cpu/avx2-inl.h"

constexpr int kByteTileRows = 3;  // six sums, six of integers, two numbers, one activation
constexpr bool kSignsBytes = false;
inline I dotSmall(I sum, I weights, I x) {
  return (I)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)weights, (__m256i)x);
}
inline I dotBytes(I sum, I weights, I x) {
  return dotSmall(sum, weights, x);
}

#include "kernels/cpu/generic/all-inl.h"

}  // namespace avx2_vnni

}  // namespace

}  // namespace lectern::kernels::cpu

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace lectern::kernels::cpu {

const Kernels kAvx2Vnni = {
    "cpu-avx2-vnni", [] { return kAvx2.isSupported() && __builtin_cpu_supports("avxvnni") > 0; },
    avx2_vnni::kLayout,
    [](const Operation& operation, Workspace& workspace) {
      std::visit([&](const auto& op) { avx2_vnni::run(op, workspace); }, operation);
    }};

}  // namespace lectern::kernels::cpu

#endif
