// SPDX-License-Identifier: GPL-3.0-or-later
#if defined(__x86_64__)

#include "kernels/bfloat16.h"
#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/unroll.h"

#include <immintrin.h>

// Everything up to the end of the region is compiled for AVX2; the headers above are not, so that
// what the linker keeps of their inline functions runs everywhere.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace lectern::kernels::cpu {

namespace {

namespace avx2 {

#include "kernels/cpu/avx2-inl.h"

constexpr int kByteTileRows = 2;  // four sums, four of integers, two numbers, what dots need
// Pairs of products must fit into 16 bits: bytes below 64 do, and so do magnitudes up to 128.
constexpr bool kSignsBytes = true;
inline __m256i addPairs(I sum, __m256i pairs) {
  return _mm256_add_epi32((__m256i)sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
inline I dotSmall(I sum, I weights, I x) {
  return (I)addPairs(sum, _mm256_maddubs_epi16((__m256i)weights, (__m256i)x));
}
inline I dotBytes(I sum, I weights, I x) {
  const __m256i value = _mm256_xor_si256((__m256i)weights, _mm256_set1_epi8(-128));
  const __m256i signedX = _mm256_sign_epi8((__m256i)x, value);
  return (I)addPairs(sum, _mm256_maddubs_epi16(_mm256_abs_epi8(value), signedX));
}

#include "kernels/cpu/generic/all-inl.h"

}  // namespace avx2

}  // namespace

}  // namespace lectern::kernels::cpu

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace lectern::kernels::cpu {

const Kernels kAvx2 = {"cpu-avx2",
                       [] {
                         return __builtin_cpu_supports("avx2") > 0 &&
                                __builtin_cpu_supports("fma") > 0 &&
                                __builtin_cpu_supports("f16c") > 0;
                       },
                       avx2::kLayout,
                       [](const Operation& operation, Workspace& workspace) {
                         std::visit([&](const auto& op) { avx2::run(op, workspace); }, operation);
                       }};

}  // namespace lectern::kernels::cpu

#endif
