// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/gpu.h"

namespace lectern::kernels::cuda {

// What the threads of a warp or block do together. All lanes of a warp must come.

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xFFFFFFFFU;

__device__ __forceinline__ int laneOf() {
  return static_cast<int>(threadIdx.x) % kWarp;
}
__device__ __forceinline__ int warpOf() {
  return static_cast<int>(threadIdx.x) / kWarp;
}

/// The sum over `kLanes` neighbouring lanes, in each of them.
template <int kLanes = kWarp, class T>
__device__ __forceinline__ T warpSum(T value) {
#pragma unroll
  for (int apart = kLanes / 2; apart > 0; apart /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, apart);
  }
  return value;
}

template <int kLanes = kWarp>
__device__ __forceinline__ float warpMax(float value) {
#pragma unroll
  for (int apart = kLanes / 2; apart > 0; apart /= 2) {
    value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, apart));
  }
  return value;
}

/// The sum over a block of up to 32 warps, in each of its threads. `room` [32] is shared memory
/// that nobody else uses before the next barrier.
__device__ __forceinline__ float blockSum(float value, float* room) {
  value = warpSum(value);
  if (laneOf() == 0) room[warpOf()] = value;
  __syncthreads();
  const int warps = static_cast<int>(blockDim.x) / kWarp;
  return warpSum(laneOf() < warps ? room[laneOf()] : 0.0F);
}

}  // namespace lectern::kernels::cuda
