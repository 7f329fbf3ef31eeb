// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/warp.cuh"
#include "kernels/cuda/launches.h"

namespace lectern::kernels::cuda {

namespace {

// One warp a token. The chances of 16 experts are a handful of numbers: each round looks through
// all of them for the next one behind the last in the order (falling chance, rising number).
constexpr int kThreads = 128;

struct Choice {
  float chance;  // not yet divided by the sum
  int expert;
};
__device__ __forceinline__ bool comesBefore(Choice a, Choice b) {
  return a.chance > b.chance || (a.chance == b.chance && a.expert < b.expert);
}

__device__ __forceinline__ Choice firstOfWarp(Choice own) {
#pragma unroll
  for (int apart = kWarp / 2; apart > 0; apart /= 2) {
    const Choice other{__shfl_xor_sync(kAllLanes, own.chance, apart),
                       __shfl_xor_sync(kAllLanes, own.expert, apart)};
    if (comesBefore(other, own)) own = other;
  }
  return own;
}

__global__ void __launch_bounds__(kThreads) route(const float* logits,
                                                  int64_t logitsStride,
                                                  int32_t* experts,
                                                  int64_t expertsStride,
                                                  Rows weights,
                                                  int64_t tokens,
                                                  int count,
                                                  int topK) {
  const int64_t token = static_cast<int64_t>(blockIdx.x) * (kThreads / kWarp) + warpOf();
  if (token >= tokens) return;
  const float* own = logits + token * logitsStride;
  float largest = -kInfinity;
  for (int e = laneOf(); e < count; e += kWarp) largest = fmaxf(largest, own[e]);
  largest = warpMax(largest);
  float sum = 0;
  for (int e = laneOf(); e < count; e += kWarp) sum += expf(own[e] - largest);
  sum = warpSum(sum);

  Choice last{kInfinity, -1};
  for (int k = 0; k < topK; ++k) {
    Choice next{-1.0F, count};
    for (int e = laneOf(); e < count; e += kWarp) {
      const Choice candidate{expf(own[e] - largest), e};
      if (comesBefore(last, candidate) && comesBefore(candidate, next)) next = candidate;
    }
    last = firstOfWarp(next);
    if (laneOf() == 0) {
      experts[token * expertsStride + k] = min(last.expert, count - 1);  // NaNs choose none
      weights.row(token)[k] = last.chance / sum;
    }
  }
}

}  // namespace

cudaError_t launch(const Route& op, const LaunchContext& context) {
  const gpu::Config config{dim3(static_cast<unsigned>(ceilDiv(op.logits.rows, kThreads / kWarp))),
                           dim3(kThreads), 0, context.stream};
  return gpu::launch(config, route, static_cast<const float*>(op.logits.data), op.logits.stride,
                     static_cast<int32_t*>(op.experts.data), op.experts.stride, rowsOf(op.weights),
                     op.logits.rows, static_cast<int>(op.logits.cols),
                     static_cast<int>(op.experts.cols));
}

}  // namespace lectern::kernels::cuda
