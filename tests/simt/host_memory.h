// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/simt/engine.h"

#include <type_traits>

/// Wide accesses, atomics and cp.async. Everything is forced inline: a report names the line that
/// called.

// NOLINTBEGIN(bugprone-reserved-identifier): CUDA's own names.
template <class T>
__forceinline__ T __ldg(const T* p) {
  T value;
  lectern::simt::loadReadOnly(&value, p, sizeof value);
  return value;
}
// NOLINTEND(bugprone-reserved-identifier)

#define GPU_ATOMIC(NAME, EXPRESSION)                                  \
  template <class T>                                                  \
  __forceinline__ T NAME(T* address, std::type_identity_t<T> value) { \
    T old;                                                            \
    lectern::simt::atomicLoad(&old, address, sizeof old);             \
    const T updated = static_cast<T>(EXPRESSION);                     \
    lectern::simt::atomicStore(address, &updated, sizeof updated);    \
    return old;                                                       \
  }
GPU_ATOMIC(atomicAdd, old + value)
GPU_ATOMIC(atomicSub, old - value)
GPU_ATOMIC(atomicMax, old < value ? value : old)
GPU_ATOMIC(atomicMin, value < old ? value : old)
GPU_ATOMIC(atomicExch, value)
GPU_ATOMIC(atomicOr, old | value)
GPU_ATOMIC(atomicAnd, old& value)
#undef GPU_ATOMIC

template <class T>
__forceinline__ T atomicCAS(T* address,
                            std::type_identity_t<T> expected,
                            std::type_identity_t<T> value) {
  T old;
  lectern::simt::atomicLoad(&old, address, sizeof old);
  const T updated = old == expected ? value : old;
  lectern::simt::atomicStore(address, &updated, sizeof updated);
  return old;
}

namespace lectern::gpu {

__forceinline__ uint2 ld64(const void* p) {
  uint2 value;
  simt::load(&value, p, sizeof value);
  return value;
}
__forceinline__ uint4 ld128(const void* p) {
  uint4 value;
  simt::load(&value, p, sizeof value);
  return value;
}
__forceinline__ void st64(void* p, uint2 value) {
  simt::store(p, &value, sizeof value);
}
__forceinline__ void st128(void* p, uint4 value) {
  simt::store(p, &value, sizeof value);
}
__forceinline__ uint4 ldReadOnly128(const void* p) {
  return __ldg(static_cast<const uint4*>(p));
}
__forceinline__ uint4 ldStream128(const void* p) {
  return __ldg(static_cast<const uint4*>(p));
}

__forceinline__ void cpAsync16(void* shared, const void* global) {
  simt::asyncCopy(shared, global, 16, 16);
}
__forceinline__ void cpAsync16ZeroFill(void* shared, const void* global, int validBytes) {
  simt::asyncCopy(shared, global, 16, static_cast<size_t>(validBytes));
}
__forceinline__ void cpAsync4(void* shared, const void* global) {
  simt::asyncCopy(shared, global, 4, 4);
}
__forceinline__ void cpAsyncCommit() {
  simt::asyncCommit();
}
template <int KeepGroups>
__forceinline__ void cpAsyncWait() {
  simt::asyncWait(KeepGroups);
}

}  // namespace lectern::gpu
