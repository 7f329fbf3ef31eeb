// SPDX-License-Identifier: GPL-3.0-or-later
// sumOf and largestOf, as generic/vector_math-inl.h asks for them, with no instructions of their
// own.

inline float sumOf(V v) {
  alignas(64) float lane[kLanes];
  store(lane, v);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) lane[i] += lane[i + half];
  }
  return lane[0];
}
inline float largestOf(V v) {
  alignas(64) float lane[kLanes];
  store(lane, v);
  float largest = lane[0];
  for (int64_t i = 1; i < kLanes; ++i) largest = lane[i] > largest ? lane[i] : largest;
  return largest;
}
