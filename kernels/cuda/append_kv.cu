// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/cache.cuh"
#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/warp.cuh"
#include "kernels/cuda/launches.h"

#include <cstdint>

namespace lectern::kernels::cuda {

namespace {

// One warp a token and head, keys and values together.
constexpr int kThreads = 128;

template <class T>
__device__ __forceinline__ void storeRow(const float* from, int count, const CacheRow<T>& to) {
  for (int i = laneOf(); i < count; i += kWarp) {
    if constexpr (sizeof(T) == 2) {  // as bits: of numbers ptxas spilled a register on 9.0
      reinterpret_cast<unsigned short*>(to.numbers)[i] =
          __bfloat16_as_ushort(__float2bfloat16(from[i]));
    } else {
      to.numbers[i] = from[i];
    }
  }
}

// As bytes (operations.h, KvCache). The bits of magnitudes are ordered like them, with infinity and
// NaN behind all others.
__device__ __forceinline__ void storeRow(const float* from, int count, const CacheRow<int8_t>& to) {
  constexpr uint32_t kInfinite = 0x7F800000;
  constexpr int kHeld = kMaxHeadDim / kWarp;
  float held[kHeld];
  uint32_t top = 0;
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const int i = laneOf() + k * kWarp;
    held[k] = i < count ? from[i] : 0.0F;
    top = max(top, __float_as_uint(fabsf(held[k])));
  }
  top = __reduce_max_sync(kAllLanes, top);
  const float largest = __uint_as_float(top);
  const bool isZero = top >= kInfinite || largest < KvCache::kLeastMagnitude;
  const float inverse = isZero ? 0.0F : 127.0F / largest;
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const int i = laneOf() + k * kWarp;
    if (i < count) {
      to.numbers[i] = isZero ? int8_t{0} : static_cast<int8_t>(__float2int_rn(held[k] * inverse));
    }
  }
  if (laneOf() > 0) return;
  *to.scale = top >= kInfinite ? __uint_as_float(0x7FC00000) : isZero ? 0.0F : largest / 127.0F;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    appendKv(Rows k, Rows v, Cache cache, const int32_t* position, int tokens) {
  const int index = static_cast<int>(blockIdx.x) * (kThreads / kWarp) + warpOf();
  const int token = index / cache.kvHeads;
  if (token >= tokens) return;
  const int head = index % cache.kvHeads;
  const int at = *position + token;
  const int column = head * cache.headDim;
  storeRow(k.row(token) + column, cache.headDim, cacheRow<T>(cache, false, head, at));
  storeRow(v.row(token) + column, cache.headDim, cacheRow<T>(cache, true, head, at));
}

}  // namespace

cudaError_t launch(const AppendKv& op, const LaunchContext& context) {
  if (!areFloats(op.k, op.v)) return cudaErrorInvalidValue;
  const bool isBytes = op.cache.dtype == DType::I8;
  if (isBytes && op.cache.headDim > kMaxHeadDim) return cudaErrorInvalidValue;
  const int64_t warps = op.k.rows * op.cache.kvHeads;
  const gpu::Config config{dim3(static_cast<unsigned>(ceilDiv(warps, kThreads / kWarp))),
                           dim3(kThreads), 0, context.stream};
  const auto kernel = isBytes                         ? &appendKv<int8_t>
                      : op.cache.dtype == DType::BF16 ? &appendKv<__nv_bfloat16>
                                                      : &appendKv<float>;
  return gpu::launch(config, kernel, rowsOf(op.k), rowsOf(op.v), cacheOf(op.cache), op.at.position,
                     static_cast<int>(op.k.rows));
}

}  // namespace lectern::kernels::cuda
