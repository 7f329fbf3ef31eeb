// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/warp.cuh"
#include "kernels/cuda/launches.h"

#include <algorithm>

namespace lectern::kernels::cuda {

namespace {

// One block a row. Up to kHeld · 4 · 256 = 4096 numbers of it stay in registers between the sum of
// squares and the product with the weight, so that each stream crosses memory once: the floor is
// 4 · H read and written twice. What a wider row has behind them is read again from the cache.
constexpr int kMaxThreads = 256;
constexpr int kHeld = 4;

__device__ __forceinline__ float4 addFour(float4 a, float4 b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w};
}
__device__ __forceinline__ float squares(float4 v) {
  return v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
}

struct AddNormArgs {
  Rows residual;
  Rows delta;
  Rows weight;
  Rows out;
  int cols;
  float eps;
};

// Adds four numbers of delta to the residual, which keeps the sum.
__device__ __forceinline__ float4 accumulate(const AddNormArgs& a, int64_t row, int i) {
  float* place = a.residual.row(row) + i;
  float4 v = loadFour(place, a.cols - i, a.residual.aligned);
  if (a.delta.data != nullptr) {
    v = addFour(v, loadFour(a.delta.row(row) + i, a.cols - i, a.delta.aligned));
    storeFour(place, v, a.cols - i, a.residual.aligned);
  }
  return v;
}

__device__ __forceinline__ void scaleInto(
    const AddNormArgs& a, int64_t row, int i, float4 v, float scale) {
  const float4 w = loadFour(a.weight.data + i, a.cols - i, a.weight.aligned);
  const float4 scaled = {v.x * scale * w.x, v.y * scale * w.y, v.z * scale * w.z,
                         v.w * scale * w.w};
  storeFour(a.out.row(row) + i, scaled, a.cols - i, a.out.aligned);
}

__global__ void __launch_bounds__(kMaxThreads) addNorm(AddNormArgs a) {
  GPU_SHARED(float, room, [kWarp]);
  const int64_t row = blockIdx.x;
  const int first = static_cast<int>(threadIdx.x) * 4;
  const int step = static_cast<int>(blockDim.x) * 4;
  float4 held[kHeld];
  float sum = 0;
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const int i = first + k * step;
    if (i < a.cols) {
      held[k] = accumulate(a, row, i);
      sum += squares(held[k]);
    }
  }
  for (int i = first + kHeld * step; i < a.cols; i += step) sum += squares(accumulate(a, row, i));

  const float mean = blockSum(sum, room) / static_cast<float>(a.cols);
  const float scale = 1.0F / sqrtf(mean + a.eps);
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const int i = first + k * step;
    if (i < a.cols) scaleInto(a, row, i, held[k], scale);
  }
  for (int i = first + kHeld * step; i < a.cols; i += step) {
    scaleInto(a, row, i, loadFour(a.residual.row(row) + i, a.cols - i, a.residual.aligned), scale);
  }
}

}  // namespace

cudaError_t launch(const AddNorm& op, const LaunchContext& context) {
  if (!areFloats(op.delta, op.out)) return cudaErrorInvalidValue;
  const auto threads = std::min<int64_t>(kMaxThreads, roundUp(ceilDiv(op.residual.cols, 4), kWarp));
  const gpu::Config config{dim3(static_cast<unsigned>(op.residual.rows)),
                           dim3(static_cast<unsigned>(threads)), 0, context.stream};
  return gpu::launch(config, addNorm,
                     AddNormArgs{rowsOf(op.residual), rowsOf(op.delta), rowsOf(op.weight),
                                 rowsOf(op.out), static_cast<int>(op.residual.cols), op.eps});
}

}  // namespace lectern::kernels::cuda
