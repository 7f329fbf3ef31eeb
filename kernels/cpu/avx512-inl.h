// SPDX-License-Identifier: GPL-3.0-or-later
// What generic/vector_math-inl.h asks for, with AVX-512 F, BW, DQ, VL and VNNI, but for dotPairs.
// Included inside the namespace and target region of each file for such processors.

using V = __m512;
using I = int32_t __attribute__((vector_size(64)));
using U = uint32_t __attribute__((vector_size(64)));
constexpr int64_t kLanes = 16;
constexpr int kTileRows = 12;     // 24 sums, two numbers, one activation of 32 registers
constexpr int kByteTileRows = 6;  // twelve sums, twelve of integers, two numbers, one activation

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
template <class Join>
inline float joinHalves(V v, const Join& join) {
  const auto eight = join(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7),
                          __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
  const auto four = join(__builtin_shufflevector(eight, eight, 0, 1, 2, 3),
                         __builtin_shufflevector(eight, eight, 4, 5, 6, 7));
  const auto two = join(four, __builtin_shufflevector(four, four, 2, 3, 0, 1));
  return join(two, __builtin_shufflevector(two, two, 1, 0, 3, 2))[0];
}
inline float sumOf(V v) {
  return joinHalves(v, [](auto lower, auto upper) { return lower + upper; });
}
inline float largestOf(V v) {
  return joinHalves(v, [](auto lower, auto upper) { return upper > lower ? upper : lower; });
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

// 2ˣ within 1.1 units of the last place for x below 128; 0 below −126, so that no small number
// slows down what comes after; NaN of NaN. The polynomial is the one of degree 6 that errs least,
// relatively, for 0 ≤ fraction < 1, and is 1 at 0.
#define LECTERN_POWER_OF_TWO
inline V powerOfTwo(V x) {
  constexpr int kFraction = 0x01;  // x − ⌊x⌋, as scalef takes ⌊x⌋ for the exponent
  const V fraction = _mm512_maskz_reduce_ps(kAll, x, kFraction);
  V p = splat(2.16129149e-4F);
  p = fma(p, fraction, splat(1.24678458e-3F));
  p = fma(p, fraction, splat(9.67545155e-3F));
  p = fma(p, fraction, splat(5.54852821e-2F));
  p = fma(p, fraction, splat(2.40229309e-1F));
  p = fma(p, fraction, splat(6.93147063e-1F));
  p = fma(p, fraction, splat(1.0F));
  return _mm512_maskz_scalef_ps(_mm512_cmp_ps_mask(x, splat(-126.0F), _CMP_NLT_UQ), p, x);
}

inline I splatInt(int32_t x) {
  return (I)_mm512_set1_epi32(x);
}
inline I loadInts(const uint8_t* p) {
  return (I)_mm512_loadu_si512(p);
}
inline void storeInts(uint8_t* p, I v) {
  _mm512_storeu_si512(p, (__m512i)v);
}
inline I widenBytes(const uint8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return (I)_mm512_maskz_cvtepu8_epi32(kAll, bytes);
}
inline I widenSigned(const int8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return (I)_mm512_maskz_cvtepi8_epi32(kAll, bytes);
}
inline void storeBytes(int8_t* p, I v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_maskz_cvtepi32_epi8(kAll, (__m512i)v));
}
inline V loadHalves(const uint8_t* p) {
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_maskz_cvtph_ps(kAll, halves);
}
constexpr bool kSignsBytes = false;
inline I dotSmall(I sum, I weights, I x) {
  return (I)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)weights, (__m512i)x);
}
inline I dotBytes(I sum, I weights, I x) {
  return dotSmall(sum, weights, x);
}
