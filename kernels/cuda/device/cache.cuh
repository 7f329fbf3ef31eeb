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

/// A token's key or value of one head; the tokens behind it in its page follow it.
template <class T>
__device__ __forceinline__ T* cacheRow(const Cache& cache, bool isValue, int head, int token) {
  const int page = token / cache.pageTokens;
  const int64_t plane = (isValue ? cache.kvHeads : 0) + head;
  const int64_t row = plane * cache.pageTokens + (token - page * cache.pageTokens);
  return static_cast<T*>(cache.pages[page]) + row * cache.headDim;
}

}  // namespace lectern::kernels::cuda
