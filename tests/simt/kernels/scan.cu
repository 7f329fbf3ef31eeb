// SPDX-License-Identifier: GPL-3.0-or-later
// Three kernels: every chunk alone from a state of zero, the carries from chunk to chunk, every
// chunk again from its true state.
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/families.h"

namespace lectern::simt {
namespace {

constexpr int kChannelsPerBlock = 128;
constexpr int kTileTokens = 32;

__device__ float softplus(float x) {
  return x > 20.0F ? x : log1pf(__expf(x));
}

/// B (and C) of a tile of tokens into shared memory.
__device__ void loadTile(float* tile, const float* from, int tokens) {
  for (int i = static_cast<int>(threadIdx.x); i < tokens * kScanStates; i += kChannelsPerBlock)
    tile[i] = from[i];
}

template <bool kFinal, Flaw kFlaw>
__global__ void __launch_bounds__(kChannelsPerBlock) scanChunk(ScanRun run) {
  GPU_SHARED(float, tileB, [kTileTokens][kScanStates]);
  GPU_SHARED(float, tileC, [kTileTokens][kScanStates]);
  const int channel =
      static_cast<int>(blockIdx.x) * kChannelsPerBlock + static_cast<int>(threadIdx.x);
  const int chunk = static_cast<int>(blockIdx.y);
  const int begin = chunk * run.chunkTokens;
  const int end = min(run.tokens, begin + run.chunkTokens);
  const size_t carry = (static_cast<size_t>(chunk) * run.channels + channel) * kScanStates;
  float decay[kScanStates];
  float state[kScanStates];
#pragma unroll
  for (int n = 0; n < kScanStates; ++n) {
    decay[n] = run.A[static_cast<size_t>(channel) * kScanStates + n];
    state[n] = kFinal ? run.carries[carry + n] : 0.0F;
  }
  float sum = 0.0F;
  for (int tile = begin; tile < end; tile += kTileTokens) {
    const int tokens = min(kTileTokens, end - tile);
    if (kFlaw != Flaw::MissingBarrier) __syncthreads();  // The tile before is used up.
    loadTile(&tileB[0][0], run.B + static_cast<size_t>(tile) * kScanStates, tokens);
    if (kFinal) loadTile(&tileC[0][0], run.C + static_cast<size_t>(tile) * kScanStates, tokens);
    __syncthreads();
    for (int t = 0; t < tokens; ++t) {
      const size_t at = static_cast<size_t>(tile + t) * run.channels + channel;
      const float x = __bfloat162float(run.x[at]);
      const float dt = softplus(__bfloat162float(run.dt[at]) + run.dtBias[channel]);
      float y = run.D[channel] * x;
      sum += dt;
#pragma unroll
      for (int n = 0; n < kScanStates; ++n) {
        state[n] = gpu::exp2Approx(dt * decay[n]) * state[n] + dt * x * tileB[t][n];
        if (kFinal) y += state[n] * tileC[t][n];
      }
      if (kFinal) {
        const float z = __bfloat162float(run.z[at]);
        run.y[at] = __float2bfloat16(y * z / (1.0F + __expf(-z)));
      }
    }
  }
  if (kFinal) return;
#pragma unroll
  for (int n = 0; n < kScanStates; ++n) run.carries[carry + n] = state[n];
  run.sums[static_cast<size_t>(chunk) * run.channels + channel] = sum;
}

/// A chunk's end state becomes the next one's first; a chunk decays by exp2(A times its sum of dt).
__global__ void scanCarries(ScanRun run, int chunks) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= run.channels * kScanStates) return;
  float state = run.state[i];
  const float decay = run.A[i];
  for (int chunk = 0; chunk < chunks; ++chunk) {
    float& carry = run.carries[static_cast<size_t>(chunk) * run.channels * kScanStates + i];
    const float local = carry;
    carry = state;
    const float sum = run.sums[static_cast<size_t>(chunk) * run.channels + i / kScanStates];
    state = gpu::exp2Approx(decay * sum) * state + local;
  }
  run.state[i] = state;
}

}  // namespace

cudaError_t launchScan(const ScanRun& run, Flaw flaw, cudaStream_t stream) {
  const int chunks = (run.tokens + run.chunkTokens - 1) / run.chunkTokens;
  const auto columns = static_cast<unsigned>(run.channels / kChannelsPerBlock);
  const gpu::Config config{dim3(columns, static_cast<unsigned>(chunks)), dim3(kChannelsPerBlock), 0,
                           stream};
  const auto carryBlocks = static_cast<unsigned>((run.channels * kScanStates + 255) / 256);
  const gpu::Config carryConfig{dim3(carryBlocks), dim3(256), 0, stream};
  cudaError_t result = gpu::launch(config, scanChunk<false, Flaw::None>, run);
  if (result == cudaSuccess) result = gpu::launch(carryConfig, scanCarries, run, chunks);
  if (result != cudaSuccess) return result;
  return flaw == Flaw::MissingBarrier
             ? gpu::launch(config, scanChunk<true, Flaw::MissingBarrier>, run)
             : gpu::launch(config, scanChunk<true, Flaw::None>, run);
}

}  // namespace lectern::simt
