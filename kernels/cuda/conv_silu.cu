// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/warp.cuh"
#include "kernels/cuda/launches.h"

#include <algorithm>

namespace lectern::kernels::cuda {

namespace {

// A thread carries four channels through kRun tokens with the last K − 1 inputs in registers, so
// that of the inputs only 1 + (K − 1) / kRun = 1.09 are read: the floor is 8 bytes a token and
// channel. The state is read by the first run and written behind all runs, by a kernel of its own.
constexpr int kThreads = 64;
constexpr int kRun = 32;

struct ConvArgs {
  Rows in;
  Rows weight;
  Rows bias;
  Rows state;
  Rows out;
  int64_t tokens;
  int channels;
  int taps;
};

// The input of token t − back of the run, which may lie before it, in the state.
__device__ __forceinline__ float4 inputAt(const ConvArgs& a, int64_t token, int channel) {
  const Rows& from = token < 0 ? a.state : a.in;
  return loadFour(from.row(token < 0 ? a.taps - 1 + token : token) + channel, a.channels - channel,
                  from.aligned);
}

__device__ __forceinline__ float4 multiplyAdd(float4 a, float4 b, float4 sum) {
  return {sum.x + a.x * b.x, sum.y + a.y * b.y, sum.z + a.z * b.z, sum.w + a.w * b.w};
}

__device__ __forceinline__ float4 biasOf(const ConvArgs& a, int channel) {
  if (a.bias.data == nullptr) return {};
  return loadFour(a.bias.data + channel, a.channels - channel, a.bias.aligned);
}

__device__ __forceinline__ void storeActivated(const ConvArgs& a,
                                               int64_t token,
                                               int channel,
                                               float4 sum) {
  storeFour(a.out.row(token) + channel, {silu(sum.x), silu(sum.y), silu(sum.z), silu(sum.w)},
            a.channels - channel, a.out.aligned);
}

template <int kTaps>
__global__ void __launch_bounds__(kThreads) convolve(ConvArgs a) {
  const int channel = static_cast<int>(blockIdx.x * kThreads + threadIdx.x) * 4;
  if (channel >= a.channels) return;
  const int64_t first = static_cast<int64_t>(blockIdx.y) * kRun;
  float4 weight[kTaps];
  float4 window[kTaps];
#pragma unroll
  for (int k = 0; k < kTaps; ++k) {
    weight[k] = loadFour(a.weight.row(k) + channel, a.channels - channel, a.weight.aligned);
    if (k + 1 < kTaps) window[k + 1] = inputAt(a, first - (kTaps - 1) + k, channel);
  }
  const float4 bias = biasOf(a, channel);
  const int64_t end = min(a.tokens, first + kRun);
#pragma unroll 4
  for (int64_t token = first; token < end; ++token) {
    float4 sum = bias;
#pragma unroll
    for (int k = 0; k + 1 < kTaps; ++k) {
      window[k] = window[k + 1];
      sum = multiplyAdd(weight[k], window[k], sum);
    }
    window[kTaps - 1] = inputAt(a, token, channel);
    sum = multiplyAdd(weight[kTaps - 1], window[kTaps - 1], sum);
    storeActivated(a, token, channel, sum);
  }
}

// Any number of taps: no model has more than four, so this one only has to be right.
__global__ void __launch_bounds__(kThreads) convolveAny(ConvArgs a) {
  const int channel = static_cast<int>(blockIdx.x * kThreads + threadIdx.x) * 4;
  if (channel >= a.channels) return;
  const int64_t first = static_cast<int64_t>(blockIdx.y) * kRun;
  const int64_t end = min(a.tokens, first + kRun);
  for (int64_t token = first; token < end; ++token) {
    float4 sum = biasOf(a, channel);
    for (int k = 0; k < a.taps; ++k) {
      const float4 weight =
          loadFour(a.weight.row(k) + channel, a.channels - channel, a.weight.aligned);
      sum = multiplyAdd(weight, inputAt(a, token - (a.taps - 1) + k, channel), sum);
    }
    storeActivated(a, token, channel, sum);
  }
}

// The last K − 1 inputs become the state. A thread reads each place of the state before it writes
// it.
__global__ void __launch_bounds__(kThreads) keepLast(ConvArgs a) {
  const int channel = static_cast<int>(blockIdx.x * kThreads + threadIdx.x) * 4;
  if (channel >= a.channels) return;
  for (int k = 0; k + 1 < a.taps; ++k) {
    const float4 kept = inputAt(a, a.tokens - (a.taps - 1) + k, channel);
    storeFour(a.state.row(k) + channel, kept, a.channels - channel, a.state.aligned);
  }
}

}  // namespace

cudaError_t launch(const ConvSilu& op, const LaunchContext& context) {
  if (!areFloats(op.in, op.out)) return cudaErrorInvalidValue;
  const ConvArgs args{rowsOf(op.in),
                      rowsOf(op.weight),
                      rowsOf(op.bias),
                      rowsOf(op.state),
                      rowsOf(op.out),
                      op.in.rows,
                      static_cast<int>(op.in.cols),
                      static_cast<int>(op.weight.rows)};
  const auto blocks = static_cast<unsigned>(ceilDiv(op.in.cols, 4 * kThreads));
  const dim3 grid(blocks, static_cast<unsigned>(ceilDiv(op.in.rows, kRun)));
  void (*kernel)(ConvArgs) = convolveAny;
  if (args.taps == 3) kernel = convolve<3>;
  if (args.taps == 4) kernel = convolve<4>;
  const gpu::Config config{grid, dim3(kThreads), 0, context.stream};
  if (const cudaError_t error = gpu::launch(config, kernel, args); error != cudaSuccess) {
    return error;
  }
  return gpu::launch(gpu::Config{dim3(blocks), dim3(kThreads), 0, context.stream}, keepLast, args);
}

}  // namespace lectern::kernels::cuda
