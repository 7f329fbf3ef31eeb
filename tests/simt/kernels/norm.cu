// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/families.h"

namespace lectern::simt {
namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / 32;
constexpr int kVectors = 4;  // of 8 columns for a thread: the row stays in registers

union Eight {
  uint4 bits;
  __nv_bfloat162 pairs[4];
};

__device__ float warpSum(float value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(~0U, value, distance);
  }
  return value;
}

/// Adds the delta to eight columns and returns the sum of their squares.
__device__ float addEight(Bf16* x, const Bf16* delta, float* values) {
  Eight sum;
  Eight add;
  sum.bits = gpu::ld128(x);
  add.bits = gpu::ld128(delta);
  float squares = 0.0F;
#pragma unroll
  for (int pair = 0; pair < 4; ++pair) {
    const float2 a = __bfloat1622float2(sum.pairs[pair]);
    const float2 b = __bfloat1622float2(add.pairs[pair]);
    sum.pairs[pair] = __floats2bfloat162_rn(a.x + b.x, a.y + b.y);
    const float2 rounded = __bfloat1622float2(sum.pairs[pair]);
    values[2 * pair] = rounded.x;
    values[2 * pair + 1] = rounded.y;
    squares += rounded.x * rounded.x + rounded.y * rounded.y;
  }
  gpu::st128(x, sum.bits);
  return squares;
}

__device__ void writeEight(Bf16* y, const Bf16* weight, const float* values, float factor) {
  Eight weights;
  Eight result;
  weights.bits = gpu::ld128(weight);
#pragma unroll
  for (int pair = 0; pair < 4; ++pair) {
    const float2 w = __bfloat1622float2(weights.pairs[pair]);
    result.pairs[pair] =
        __floats2bfloat162_rn(values[2 * pair] * factor * w.x, values[2 * pair + 1] * factor * w.y);
  }
  gpu::st128(y, result.bits);
}

/// One block a row.
template <Flaw kFlaw>
__global__ void __launch_bounds__(kThreads) normRow(NormRun run) {
  GPU_SHARED(float, partial, [kWarps]);
  GPU_SHARED(float, total, [1]);
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = thread % 32;
  const int warp = thread / 32;
  const size_t row = static_cast<size_t>(blockIdx.x) * static_cast<size_t>(run.columns);
  float values[kVectors][8];
  float squares = 0.0F;
#pragma unroll
  for (int i = 0; i < kVectors; ++i) {
    const int column = (i * kThreads + thread) * 8;
    const bool inside = kFlaw == Flaw::PastTheEnd ? column <= run.columns : column < run.columns;
    if (inside) squares += addEight(run.x + row + column, run.delta + row + column, values[i]);
  }
  squares = warpSum(squares);
  if (lane == 0) partial[warp] = squares;
  if (kFlaw != Flaw::MissingBarrier) __syncthreads();
  if (warp == 0) {
    const float sum = warpSum(lane < kWarps ? partial[lane] : 0.0F);
    if (lane == 0) total[0] = sum;
  }
  __syncthreads();
  const float factor = gpu::rsqrtApprox(total[0] / static_cast<float>(run.columns) + run.epsilon);
#pragma unroll
  for (int i = 0; i < kVectors; ++i) {
    const int column = (i * kThreads + thread) * 8;
    if (column < run.columns)
      writeEight(run.y + row + column, run.weight + column, values[i], factor);
  }
}

}  // namespace

cudaError_t launchNorm(const NormRun& run, Flaw flaw, cudaStream_t stream) {
  const gpu::Config config{dim3(static_cast<unsigned>(run.rows)), dim3(kThreads), 0, stream};
  switch (flaw) {
    case Flaw::MissingBarrier:
      return gpu::launch(config, normRow<Flaw::MissingBarrier>, run);
    case Flaw::PastTheEnd:
      return gpu::launch(config, normRow<Flaw::PastTheEnd>, run);
    default:
      return gpu::launch(config, normRow<Flaw::None>, run);
  }
}

}  // namespace lectern::simt
