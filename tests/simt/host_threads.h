// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/simt/engine.h"

/// Indices, barriers and what the lanes of a warp tell each other.

#define threadIdx (::lectern::simt::threadIndex())
#define blockIdx (::lectern::simt::blockIndex())
#define blockDim (::lectern::simt::blockDimensions())
#define gridDim (::lectern::simt::gridDimensions())
#define warpSize 32

// Each declaration is an array of its own, with its name in reports and red zones around it.
#define GPU_SHARED(T, name, ...)               \
  static const char name##DeclaredHere_ = 0;   \
  auto& name = *static_cast<T(*) __VA_ARGS__>( \
      ::lectern::simt::sharedArray(&name##DeclaredHere_, sizeof(T __VA_ARGS__), #name))
#define GPU_DYN_SHARED(T, name) T* name = static_cast<T*>(::lectern::simt::dynamicShared())

// NOLINTBEGIN(bugprone-reserved-identifier): CUDA's own names.

#define GPU_WHERE ::lectern::simt::Where where = ::lectern::simt::Where::current()

__forceinline__ void __syncthreads(GPU_WHERE) {
  lectern::simt::syncBlock(false, where);
}
__forceinline__ int __syncthreads_count(int predicate, GPU_WHERE) {
  return lectern::simt::syncBlock(predicate != 0, where);
}
__forceinline__ int __syncthreads_or(int predicate, GPU_WHERE) {
  return lectern::simt::syncBlock(predicate != 0, where) != 0;
}
__forceinline__ int __syncthreads_and(int predicate, GPU_WHERE) {
  return lectern::simt::syncBlock(predicate == 0, where) == 0;
}
__forceinline__ void __syncwarp(unsigned mask = ~0U, GPU_WHERE) {
  lectern::simt::gather(lectern::simt::Collective::SyncWarp, mask, nullptr, 0, nullptr, where);
}
__forceinline__ void __threadfence() {}
__forceinline__ void __threadfence_block() {}

template <class T>
__forceinline__ T __shfl_sync(unsigned mask, T value, int source, int width = 32, GPU_WHERE) {
  const int lane = static_cast<int>(lectern::simt::laneIndex());
  T result;
  lectern::simt::shuffle(lectern::simt::Collective::ShuffleIndex, mask, &value, sizeof value,
                         &result, (lane & ~(width - 1)) | (source & (width - 1)), where);
  return result;
}

template <class T>
__forceinline__ T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, GPU_WHERE) {
  const int lane = static_cast<int>(lectern::simt::laneIndex());
  const int source = lane ^ bits;
  T result;
  lectern::simt::shuffle(lectern::simt::Collective::ShuffleXor, mask, &value, sizeof value, &result,
                         source / width > lane / width ? lane : source, where);
  return result;
}

template <class T>
__forceinline__ T
__shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, GPU_WHERE) {
  const int lane = static_cast<int>(lectern::simt::laneIndex());
  const int source = lane + static_cast<int>(delta);
  T result;
  lectern::simt::shuffle(lectern::simt::Collective::ShuffleDown, mask, &value, sizeof value,
                         &result, source / width != lane / width ? lane : source, where);
  return result;
}

template <class T>
__forceinline__ T
__shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, GPU_WHERE) {
  const int lane = static_cast<int>(lectern::simt::laneIndex());
  const int source = lane - static_cast<int>(delta);
  T result;
  lectern::simt::shuffle(lectern::simt::Collective::ShuffleUp, mask, &value, sizeof value, &result,
                         source < (lane & ~(width - 1)) ? lane : source, where);
  return result;
}

namespace lectern::simt {

/// Combines the payloads of the lanes that took part; `combine(sum, value, lane)`.
template <class T, class R, class Combine>
__forceinline__ R
overLanes(Collective kind, unsigned mask, T value, R start, Combine combine, Where where) {
  T all[kWarpLanes];
  const unsigned present = gather(kind, mask, &value, sizeof value, all, where);
  R result = start;
  bool first = true;
  for (int lane = 0; lane < kWarpLanes; ++lane) {
    if ((present >> lane & 1) == 0) continue;
    result = combine(result, all[lane], lane, first);
    first = false;
  }
  return result;
}

}  // namespace lectern::simt

__forceinline__ unsigned __ballot_sync(unsigned mask, int predicate, GPU_WHERE) {
  return lectern::simt::overLanes(
      lectern::simt::Collective::Vote, mask, predicate, 0U,
      [](unsigned bits, int p, int lane, bool) { return bits | (p != 0 ? 1U << lane : 0U); },
      where);
}
__forceinline__ int __any_sync(unsigned mask, int predicate, GPU_WHERE) {
  return __ballot_sync(mask, predicate, where) != 0;
}
__forceinline__ int __all_sync(unsigned mask, int predicate, GPU_WHERE) {
  return __ballot_sync(mask, predicate == 0, where) == 0;
}

template <class T>
__forceinline__ unsigned __match_any_sync(unsigned mask, T value, GPU_WHERE) {
  return lectern::simt::overLanes(
      lectern::simt::Collective::Match, mask, value, 0U,
      [value](unsigned bits, T theirs, int lane, bool) {
        return bits | (theirs == value ? 1U << lane : 0U);
      },
      where);
}

#define GPU_WARP_REDUCTION(NAME, EXPRESSION)                                                      \
  template <class T>                                                                              \
  __forceinline__ T NAME(unsigned mask, T value, GPU_WHERE) {                                     \
    static_assert(sizeof(T) == 4 && T(0.5) == 0, "32-bit integers only, as on the device");       \
    return lectern::simt::overLanes(                                                              \
        lectern::simt::Collective::Reduce, mask, value, T(0),                                     \
        [](T a, T b, int, bool first) { return first ? b : static_cast<T>(EXPRESSION); }, where); \
  }
GPU_WARP_REDUCTION(__reduce_add_sync, a + b)
GPU_WARP_REDUCTION(__reduce_min_sync, a < b ? a : b)
GPU_WARP_REDUCTION(__reduce_max_sync, a < b ? b : a)
GPU_WARP_REDUCTION(__reduce_and_sync, a& b)
GPU_WARP_REDUCTION(__reduce_or_sync, a | b)
GPU_WARP_REDUCTION(__reduce_xor_sync, a ^ b)
#undef GPU_WARP_REDUCTION

// NOLINTEND(bugprone-reserved-identifier)
