// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/warp.cuh"
#include "kernels/tensor.h"

namespace lectern::kernels::cuda {

/// The norms of x_proj's three parts; null where the model has none.
struct SplitWeights {
  const float* delta;
  const float* b;
  const float* c;
  int rank;
  int state;
  float eps;
};
inline SplitWeights splitWeights(
    const Tensor& delta, const Tensor& b, const Tensor& c, int64_t rank, int64_t state, float eps) {
  return {static_cast<const float*>(delta.data),
          static_cast<const float*>(b.data),
          static_cast<const float*>(c.data),
          static_cast<int>(rank),
          static_cast<int>(state),
          eps};
}

/// One part through RMSNorm where it has a weight, by one warp. `out` may be shared memory.
__device__ __forceinline__ void splitPart(
    const float* in, const float* weight, int count, float eps, float* out) {
  float scale = 1;
  if (weight != nullptr) {
    float sum = 0;
    for (int i = laneOf(); i < count; i += kWarp) sum += in[i] * in[i];
    scale = 1.0F / sqrtf(warpSum(sum) / static_cast<float>(count) + eps);
  }
  for (int i = laneOf(); i < count; i += kWarp) {
    out[i] = in[i] * scale * (weight == nullptr ? 1.0F : weight[i]);
  }
}

}  // namespace lectern::kernels::cuda
