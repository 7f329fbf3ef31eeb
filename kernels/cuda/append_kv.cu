// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/cache.cuh"
#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/warp.cuh"
#include "kernels/cuda/launches.h"

namespace lectern::kernels::cuda {

namespace {

// One warp a token and head, keys and values together.
constexpr int kThreads = 128;

template <class T>
__device__ __forceinline__ void copyRow(const float* from, int count, void* to) {
  for (int i = laneOf(); i < count; i += kWarp) {
    if constexpr (sizeof(T) == 2) {
      static_cast<unsigned short*>(to)[i] = __bfloat16_as_ushort(__float2bfloat16(from[i]));
    } else {
      static_cast<float*>(to)[i] = from[i];
    }
  }
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
  copyRow<T>(k.row(token) + column, cache.headDim, cacheRow<T>(cache, false, head, at));
  copyRow<T>(v.row(token) + column, cache.headDim, cacheRow<T>(cache, true, head, at));
}

}  // namespace

cudaError_t launch(const AppendKv& op, const LaunchContext& context) {
  if (!areFloats(op.k, op.v)) return cudaErrorInvalidValue;
  const int64_t warps = op.k.rows * op.cache.kvHeads;
  const gpu::Config config{dim3(static_cast<unsigned>(ceilDiv(warps, kThreads / kWarp))),
                           dim3(kThreads), 0, context.stream};
  const auto kernel = op.cache.dtype == DType::BF16 ? &appendKv<__nv_bfloat16> : &appendKv<float>;
  return gpu::launch(config, kernel, rowsOf(op.k), rowsOf(op.v), cacheOf(op.cache), op.at.position,
                     static_cast<int>(op.k.rows));
}

}  // namespace lectern::kernels::cuda
