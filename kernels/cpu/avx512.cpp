// SPDX-License-Identifier: GPL-3.0-or-later
#if defined(__x86_64__)

#include "kernels/bfloat16.h"
#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/unroll.h"

#include <immintrin.h>

// Everything up to the end of the region is compiled for AVX-512; the headers above are not, so
// that what the linker keeps of their inline functions runs everywhere.
#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#endif

namespace lectern::kernels::cpu {

namespace {

namespace avx512 {

using V = __m512;
using I = int32_t __attribute__((vector_size(64)));
constexpr int64_t kLanes = 16;
constexpr int kTileRows = 12;  // 24 sums, two numbers, one activation of 32 registers

inline V splat(float x) {
  return _mm512_set1_ps(x);
}
inline V load(const float* p) {
  return _mm512_loadu_ps(p);
}
inline void store(float* p, V v) {
  _mm512_storeu_ps(p, v);
}
inline __mmask16 firstLanes(int64_t count) {
  return static_cast<__mmask16>((1U << count) - 1U);
}
inline V loadPart(const float* p, int64_t count) {
  return _mm512_maskz_loadu_ps(firstLanes(count), p);
}
inline void storePart(float* p, V v, int64_t count) {
  _mm512_mask_storeu_ps(p, firstLanes(count), v);
}
// GCC 12 warns of its own headers where an intrinsic has no mask; one of all lanes costs nothing.
constexpr __mmask16 kAll = 0xFFFF;
inline V loadWide(const BFloat16* p) {
  const __m256i narrow = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m512i wide = _mm512_maskz_cvtepu16_epi32(kAll, narrow);
  return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(kAll, wide, 16));
}
inline V fma(V a, V b, V c) {
  return _mm512_fmadd_ps(a, b, c);
}
inline V minOf(V a, V b) {
  return _mm512_maskz_min_ps(kAll, a, b);
}
inline V maxOf(V a, V b) {
  return _mm512_maskz_max_ps(kAll, a, b);
}
inline V zeroBelow(V x, V limit, V v) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, limit, _CMP_NLT_UQ), v);
}
// In each of four steps, rows `step` apart exchange the elements that are `step` apart.
inline void transpose(V (&rows)[kLanes]) {
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  LECTERN_UNROLL
  for (int step = 1; step < 16; step *= 2) {
    const __m512i bit = _mm512_set1_epi32(step);
    const __mmask16 high = _mm512_test_epi32_mask(lane, bit);
    // Elements of the second row have numbers from 16 on.
    const __m512i other = _mm512_set1_epi32(16);
    const __m512i upper = _mm512_mask_sub_epi32(lane, high, _mm512_add_epi32(lane, other), bit);
    const __m512i lower = _mm512_mask_add_epi32(_mm512_add_epi32(lane, bit), high, lane, other);
    LECTERN_UNROLL
    for (int i = 0; i < 16; ++i) {
      if ((i & step) != 0) continue;
      const V first = rows[i];
      rows[i] = _mm512_permutex2var_ps(first, upper, rows[i + step]);
      rows[i + step] = _mm512_permutex2var_ps(first, lower, rows[i + step]);
    }
  }
}

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
             __builtin_cpu_supports("avx512dq") > 0 && __builtin_cpu_supports("avx512vl") > 0;
    },
    avx512::kLayout,
    [](const Operation& operation, Workspace& workspace) {
      std::visit([&](const auto& op) { avx512::run(op, workspace); }, operation);
    }};

}  // namespace lectern::kernels::cpu

#endif
