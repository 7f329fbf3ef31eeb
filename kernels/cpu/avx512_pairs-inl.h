// SPDX-License-Identifier: GPL-3.0-or-later
// What generic/vector_math-inl.h asks for beyond avx512-inl.h, with AVX-512 BF16.

constexpr bool kHasDotPairs = true;
inline V dotPairs(V sum, I weights, I x) {
  return _mm512_dpbf16_ps(sum, (__m512bh)weights, (__m512bh)x);
}
inline void storeNarrow(BFloat16* p, V v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), (__m256i)_mm512_cvtneps_pbh(v));
}
// Of each element the even and the odd number of a pair.
inline I roundPairs(V even, V odd) {
  const __m512i apart = (__m512i)_mm512_cvtne2ps_pbh(odd, even);
  const __m512i lane =
      _mm512_setr_epi32(0x00100000, 0x00110001, 0x00120002, 0x00130003, 0x00140004, 0x00150005,
                        0x00160006, 0x00170007, 0x00180008, 0x00190009, 0x001A000A, 0x001B000B,
                        0x001C000C, 0x001D000D, 0x001E000E, 0x001F000F);
  return (I)_mm512_permutexvar_epi16(lane, apart);
}
