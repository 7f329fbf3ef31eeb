// SPDX-License-Identifier: GPL-3.0-or-later
#if defined(__x86_64__)

#include "kernels/bfloat16.h"
#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/unroll.h"

#include <immintrin.h>

// Everything up to the end of the region is compiled for AVX2; the headers above are not, so that
// what the linker keeps of their inline functions runs everywhere.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

namespace lectern::kernels::cpu {

namespace {

namespace avx2 {

using V = __m256;
using I = int32_t __attribute__((vector_size(32)));
constexpr int64_t kLanes = 8;
constexpr int kTileRows = 6;  // twelve sums, two numbers, one activation of sixteen registers

inline V splat(float x) {
  return _mm256_set1_ps(x);
}
inline V load(const float* p) {
  return _mm256_loadu_ps(p);
}
inline void store(float* p, V v) {
  _mm256_storeu_ps(p, v);
}
inline __m256i firstLanes(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline V loadPart(const float* p, int64_t count) {
  return _mm256_maskload_ps(p, firstLanes(count));
}
inline void storePart(float* p, V v, int64_t count) {
  _mm256_maskstore_ps(p, firstLanes(count), v);
}
inline V loadWide(const BFloat16* p) {
  const __m128i narrow = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(narrow), 16));
}
inline V fma(V a, V b, V c) {
  return _mm256_fmadd_ps(a, b, c);
}
inline V minOf(V a, V b) {
  return _mm256_min_ps(a, b);
}
inline V maxOf(V a, V b) {
  return _mm256_max_ps(a, b);
}
inline V zeroBelow(V x, V limit, V v) {
  return _mm256_andnot_ps(_mm256_cmp_ps(x, limit, _CMP_LT_OQ), v);
}
// Pairs of rows, then pairs of pairs within each half, then the halves.
inline void transpose(V (&rows)[kLanes]) {
  V pairs[kLanes];
  V fours[kLanes];
  LECTERN_UNROLL
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
  LECTERN_UNROLL
  for (int i = 0; i < 8; i += 4) {
    fours[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    fours[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
    fours[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    fours[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
  }
  LECTERN_UNROLL
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31);
  }
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

const Kernels kAvx2 = {
    "cpu-avx2",
    [] { return __builtin_cpu_supports("avx2") > 0 && __builtin_cpu_supports("fma") > 0; },
    avx2::kLayout,
    [](const Operation& operation, Workspace& workspace) {
      std::visit([&](const auto& op) { avx2::run(op, workspace); }, operation);
    }};

}  // namespace lectern::kernels::cpu

#endif
