// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/gemv.cuh"
#include "kernels/cuda/device/split.cuh"
#include "kernels/cuda/launches.h"

namespace lectern::kernels::cuda {

namespace {

// Three launches, because x_proj needs all channels of u and dt_proj all rows of x_proj: the
// convolution, x_proj, and everything behind it. Floor: both projections and the state, read and
// written.

constexpr int kConvThreads = 128;

struct StepConvArgs {
  const float* x;
  const float* weight;
  const float* bias;
  float* state;
  float* u;
  int64_t weightStride;
  int64_t stateStride;
  int channels;
  int taps;
};

__global__ void __launch_bounds__(kConvThreads) stepConvolution(StepConvArgs a) {
  const int channel = static_cast<int>(blockIdx.x * kConvThreads + threadIdx.x);
  if (channel >= a.channels) return;
  const float newest = a.x[channel];
  float sum = a.bias == nullptr ? 0.0F : a.bias[channel];
  for (int k = 0; k + 1 < a.taps; ++k) {
    float* place = a.state + k * a.stateStride + channel;
    sum += a.weight[k * a.weightStride + channel] * place[0];
    place[0] = k + 2 < a.taps ? place[a.stateStride] : newest;
  }
  a.u[channel] = silu(sum + a.weight[(a.taps - 1) * a.weightStride + channel] * newest);
}

// 32 channels a block: 5120 channels are 160 blocks. Eight threads share the states of a channel.
constexpr int kChannels = 32;
constexpr int kParts = kGemvThreads / kChannels;
constexpr int kRows = kChannels / kGemvWarps;

struct StepScanArgs {
  PackedWeight deltaProj;
  SplitWeights norms;
  const float* projected;  ///< x_proj's output
  const float* u;
  const float* z;
  const float* deltaBias;
  const float* a;
  const float* skip;
  float* h;
  float* out;
  int64_t aStride;
  int64_t hStride;
  int channels;
};

// The parts of x_proj's output, normalised, into shared memory: each block for itself, which costs
// less than another launch.
__device__ __forceinline__ void splitAll(const StepScanArgs& a, float* split) {
  const SplitWeights& n = a.norms;
  if (warpOf() == 0) splitPart(a.projected, n.delta, n.rank, n.eps, split);
  if (warpOf() == 1) splitPart(a.projected + n.rank, n.b, n.state, n.eps, split + n.rank);
  if (warpOf() == 2) {
    splitPart(a.projected + n.rank + n.state, n.c, n.state, n.eps, split + n.rank + n.state);
  }
}

// dt_proj for the block's channels, kRows of them a warp.
template <DType kType>
__device__ __forceinline__ void projectDelta(
    const StepScanArgs& a, int first, const float* rank, unsigned char* room, float* delta) {
  Activations<kType> x(rank, a.deltaProj, true, room);
  float sums[kRows] = {};
  const int own = warpOf() * kRows;
  WeightRow rows[kRows];
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
    rows[r] = rowOf(a.deltaProj, 0, min(first + own + r, a.channels - 1));
  }
  for (int slice = 0; slice < x.slices(); ++slice) {
    x.turnTo(slice);
    dotShare<kType, kRows>(rows, x, laneOf(), kWarp, sums);
  }
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
    sums[r] = warpSum(sums[r]);
    if (laneOf() == 0) delta[own + r] = sums[r];
  }
}

template <DType kType>
__global__ void __launch_bounds__(kGemvThreads, kGemvResident) stepScan(StepScanArgs a) {
  GPU_DYN_SHARED(float, split);  // [R + 2 S], then the vector that dt_proj takes
  GPU_SHARED(float, deltas, [kChannels]);
  GPU_SHARED(float, shares, [kParts][kChannels]);
  const int first = static_cast<int>(blockIdx.x) * kChannels;
  const int c = static_cast<int>(threadIdx.x) % kChannels;
  const int part = static_cast<int>(threadIdx.x) / kChannels;
  const int channel = first + c;
  const int states = a.norms.state;
  const float* b = split + a.norms.rank;

  splitAll(a, split);
  __syncthreads();
  const int64_t splitFloats = roundUp(a.norms.rank + 2 * states, 4);
  projectDelta<kType>(a, first, split, reinterpret_cast<unsigned char*>(split + splitFloats),
                      deltas);
  __syncthreads();

  float y = 0;
  float u = 0;
  if (channel < a.channels) {
    u = a.u[channel];
    const float delta = softplus(deltas[c] + a.deltaBias[channel]);
    for (int s = part; s < states; s += kParts) {
      float* place = a.h + s * a.hStride + channel;
      const float decay = gpu::exp2Approx(delta * (a.a[s * a.aStride + channel] * kLog2E));
      const float h = decay * *place + delta * u * b[s];
      *place = h;
      y += b[states + s] * h;
    }
  }
  shares[part][c] = y;
  __syncthreads();
  if (part != 0 || channel >= a.channels) return;
  float sum = a.skip[channel] * u;
#pragma unroll
  for (int p = 0; p < kParts; ++p) sum += shares[p][c];
  a.out[channel] = sum * silu(a.z[channel]);
}

cudaError_t launchConvolution(const MambaStep& op, float* u, const LaunchContext& context) {
  const int64_t inner = op.xz.cols / 2;
  const gpu::Config config{dim3(static_cast<unsigned>(ceilDiv(inner, kConvThreads))),
                           dim3(kConvThreads), 0, context.stream};
  return gpu::launch(config, stepConvolution,
                     StepConvArgs{static_cast<const float*>(op.xz.data),
                                  static_cast<const float*>(op.convWeight.data),
                                  static_cast<const float*>(op.convBias.data),
                                  static_cast<float*>(op.convState.data), u, op.convWeight.stride,
                                  op.convState.stride, static_cast<int>(inner),
                                  static_cast<int>(op.convWeight.rows)});
}

cudaError_t launchScan(const MambaStep& op,
                       const float* u,
                       const float* projected,
                       const LaunchContext& context) {
  const int64_t inner = op.xz.cols / 2;
  const int64_t rank = op.deltaProj.in;
  const int64_t states = op.a.rows;
  const StepScanArgs args{packedWeight(op.deltaProj),
                          splitWeights(op.deltaNorm, op.bNorm, op.cNorm, rank, states, op.eps),
                          projected,
                          u,
                          static_cast<const float*>(op.xz.data) + inner,
                          static_cast<const float*>(op.deltaBias.data),
                          static_cast<const float*>(op.a.data),
                          static_cast<const float*>(op.skip.data),
                          static_cast<float*>(op.h.data),
                          static_cast<float*>(op.out.data),
                          op.a.stride,
                          op.h.stride,
                          static_cast<int>(inner)};
  return withType(op.deltaProj.dtype, [&](auto type) {
    const int64_t bytes =
        roundUp(rank + 2 * states, 4) * 4 + activationBytes<type()>(ceilDiv(rank, kSpan));
    const gpu::Config config{dim3(static_cast<unsigned>(ceilDiv(inner, kChannels))),
                             dim3(kGemvThreads), static_cast<size_t>(bytes), context.stream};
    return gpu::launch(config, stepScan<type()>, args);
  });
}

}  // namespace

cudaError_t launch(const MambaStep& op, const LaunchContext& context) {
  if (!areFloats(op.xz, op.out)) return cudaErrorInvalidValue;
  const int64_t inner = op.xz.cols / 2;
  const Tensor u = op.scratch.colRange(0, inner);
  const Tensor projected = op.scratch.colRange(inner, op.xProj.out);
  cudaError_t error = launchConvolution(op, static_cast<float*>(u.data), context);
  if (error == cudaSuccess) error = launch(Linear{op.xProj, u, {}, projected}, context);
  if (error != cudaSuccess) return error;
  return launchScan(op, static_cast<const float*>(u.data),
                    static_cast<const float*>(projected.data), context);
}

}  // namespace lectern::kernels::cuda
