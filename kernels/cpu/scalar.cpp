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
constexpr int kTileRows = 6;  // twelve sums, two numbers, one activation of sixteen registers

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

#include "kernels/cpu/generic/all-inl.h"

}  // namespace scalar

}  // namespace

const Kernels kScalar = {"cpu-scalar", [] { return true; }, scalar::kLayout,
                         [](const Operation& operation, Workspace& workspace) {
                           std::visit([&](const auto& op) { scalar::run(op, workspace); },
                                      operation);
                         }};

}  // namespace lectern::kernels::cpu
