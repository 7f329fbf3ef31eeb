// SPDX-License-Identifier: GPL-3.0-or-later
// What generic/vector_math-inl.h asks for, with AVX2, FMA and F16C, but for products of bytes.
// Included inside the namespace and target region of each file for such processors.

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

inline I splatInt(int32_t x) {
  return (I)_mm256_set1_epi32(x);
}
inline I loadInts(const uint8_t* p) {
  return (I)_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
inline void storeInts(uint8_t* p, I v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), (__m256i)v);
}
inline I widenBytes(const uint8_t* p) {
  return (I)_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
inline I widenSigned(const int8_t* p) {
  return (I)_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
inline void storeBytes(int8_t* p, I v) {
  for (int i = 0; i < kLanes; ++i) p[i] = static_cast<int8_t>(v[i]);
}
inline V loadHalves(const uint8_t* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
#include "kernels/cpu/lane_sums-inl.h"

constexpr bool kHasDotPairs = false;
inline V dotPairs(V sum, I, I) {
  return sum;
}
inline void storeNarrow(BFloat16*, V) {}
