// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/gpu.h"
#include "kernels/operations.h"

#include <cstdint>

namespace lectern::kernels::cuda {

/// KvCache as kernels see it.
struct Cache {
  void* const* pages;
  int pageTokens;
  int pageCount;
  int kvHeads;
  int headDim;
};
inline Cache cacheOf(const KvCache& cache) {
  return {cache.pages, static_cast<int>(cache.pageTokens), static_cast<int>(cache.pageCount),
          static_cast<int>(cache.kvHeads), static_cast<int>(cache.headDim)};
}

/// Heads of more channels are neither kept in bytes nor attended to in float32.
constexpr int kMaxHeadDim = 256;

/// Whether numbers of that type stand for themselves times the scale of their row.
template <class T>
constexpr bool kHasScales = sizeof(T) == 1;

/// A token's key or value of one head; the tokens behind it in its page follow it.
template <class T>
struct CacheRow {
  T* numbers;
  float* scale;  ///< null where numbers have none
};
template <class T>
__device__ __forceinline__ CacheRow<T> cacheRow(const Cache& cache,
                                                bool isValue,
                                                int head,
                                                int token) {
  const int page = token / cache.pageTokens;
  const int64_t plane = (isValue ? cache.kvHeads : 0) + head;
  const int64_t row = plane * cache.pageTokens + (token - page * cache.pageTokens);
  char* start = static_cast<char*>(cache.pages[page]);
  float* scale = nullptr;
  if constexpr (kHasScales<T>) {
    const int64_t rows = int64_t{2} * cache.kvHeads * cache.pageTokens;
    scale = reinterpret_cast<float*>(start + rows * cache.headDim) + row;
  }
  return {reinterpret_cast<T*>(start) + row * cache.headDim, scale};
}

}  // namespace lectern::kernels::cuda
