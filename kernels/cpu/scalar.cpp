// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/bfloat16.h"
#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/unroll.h"

#include <cstring>

namespace lectern::kernels::cpu {

namespace {

namespace scalar {

// Four floats that the compiler puts into what the machine has: SSE2 on every x86-64, NEON on ARM,
// single registers elsewhere.
using V = float __attribute__((vector_size(16)));
using I = int32_t __attribute__((vector_size(16)));
constexpr int64_t kLanes = 4;
constexpr int kTileRows = 6;      // twelve sums, two numbers, one activation of sixteen registers
constexpr int kByteTileRows = 2;  // four sums, four of integers, two numbers, what dots need

inline V splat(float x) {
  return V{x, x, x, x};
}
inline V load(const float* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, V v) {
  std::memcpy(p, &v, sizeof v);
}
inline V loadPart(const float* p, int64_t count) {
  V v{};
  std::memcpy(&v, p, static_cast<size_t>(count) * sizeof(float));
  return v;
}
inline void storePart(float* p, V v, int64_t count) {
  std::memcpy(p, &v, static_cast<size_t>(count) * sizeof(float));
}
inline V loadWide(const BFloat16* p) {
  uint16_t __attribute__((vector_size(8))) narrow;
  std::memcpy(&narrow, p, sizeof narrow);
  return (V)(__builtin_convertvector(narrow, I) << 16);
}
inline V fma(V a, V b, V c) {
  return a * b + c;
}
inline V minOf(V a, V b) {
  return a < b ? a : b;
}
inline V maxOf(V a, V b) {
  return a > b ? a : b;
}
inline V zeroBelow(V x, V limit, V v) {
  return x < limit ? V{} : v;
}
inline void transpose(V (&rows)[kLanes]) {
  const V even = __builtin_shufflevector(rows[0], rows[1], 0, 4, 2, 6);
  const V odd = __builtin_shufflevector(rows[0], rows[1], 1, 5, 3, 7);
  const V evenBelow = __builtin_shufflevector(rows[2], rows[3], 0, 4, 2, 6);
  const V oddBelow = __builtin_shufflevector(rows[2], rows[3], 1, 5, 3, 7);
  rows[0] = __builtin_shufflevector(even, evenBelow, 0, 1, 4, 5);
  rows[1] = __builtin_shufflevector(odd, oddBelow, 0, 1, 4, 5);
  rows[2] = __builtin_shufflevector(even, evenBelow, 2, 3, 6, 7);
  rows[3] = __builtin_shufflevector(odd, oddBelow, 2, 3, 6, 7);
}

inline I splatInt(int32_t x) {
  return I{x, x, x, x};
}
inline I loadInts(const uint8_t* p) {
  I v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void storeInts(uint8_t* p, I v) {
  std::memcpy(p, &v, sizeof v);
}
inline I widenBytes(const uint8_t* p) {
  return I{p[0], p[1], p[2], p[3]};
}
inline I widenSigned(const int8_t* p) {
  return I{p[0], p[1], p[2], p[3]};
}
inline void storeBytes(int8_t* p, I v) {
  for (int i = 0; i < kLanes; ++i) p[i] = static_cast<int8_t>(v[i]);
}
// A half's exponent counts from 15, a float's from 127: as bits of a float it is 2¹¹² too small,
// subnormals as well. No weight is infinite.
inline V loadHalves(const uint8_t* p) {
  uint16_t halves[kLanes];
  std::memcpy(halves, p, sizeof halves);
  const I bits{halves[0], halves[1], halves[2], halves[3]};
  const V magnitude = (V)((bits & 0x7FFF) << 13) * splat(0x1p112F);
  return (V)((I)magnitude | (bits & 0x8000) << 16);
}
constexpr bool kSignsBytes = false;
inline I dotSmall(I sum, I weights, I x) {
  for (int byte = 0; byte < 4; ++byte) {
    sum += (weights & 0xFF) * ((x << 24) >> 24);
    weights >>= 8;
    x >>= 8;
  }
  return sum;
}
inline I dotBytes(I sum, I weights, I x) {
  return dotSmall(sum, weights, x);
}
#include "kernels/cpu/lane_sums-inl.h"

constexpr bool kHasDotPairs = false;
inline V dotPairs(V sum, I, I) {
  return sum;
}
inline void storeNarrow(BFloat16*, V) {}

#include "kernels/cpu/generic/all-inl.h"

}  // namespace scalar

}  // namespace

const Kernels kScalar = {"cpu-scalar", [] { return true; }, scalar::kLayout,
                         [](const Operation& operation, Workspace& workspace) {
                           std::visit([&](const auto& op) { scalar::run(op, workspace); },
                                      operation);
                         }};

}  // namespace lectern::kernels::cpu
