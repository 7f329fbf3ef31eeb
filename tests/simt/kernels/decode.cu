// SPDX-License-Identifier: GPL-3.0-or-later
// Flash decoding: a block takes a span of the cache for all heads that share its keys,
// double-buffered by cp.async.
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/families.h"

namespace lectern::simt {
namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / 32;
constexpr int kTileTokens = 32;
constexpr int kHeadsPerWarp = kHeadsPerKv / kWarps;
constexpr int kPartialRow = kHeadDim + 2;  // sums, then the maximum and the denominator
constexpr float kLowest = -1e30F;

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

__device__ float warpMax(float value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    value = fmaxf(value, __shfl_xor_sync(~0U, value, distance));
  }
  return value;
}

/// Asks for a tile of keys and values; tokens behind the last repeat it.
template <int kPitch, Flaw kFlaw>
__device__ void fetchTile(const DecodeRun& run, Bf16* stage, int kvHead, int tile) {
  constexpr int kPieces = kHeadDim / 8;
  for (int i = static_cast<int>(threadIdx.x); i < kTileTokens * kPieces; i += kThreads) {
    const int wanted = tile * kTileTokens + i / kPieces;
    const int token = kFlaw == Flaw::PastTheEnd ? wanted : min(wanted, run.tokens - 1);
    const int column = i % kPieces * 8;
    const size_t from = (static_cast<size_t>(kvHead) * run.tokens + token) * kHeadDim + column;
    Bf16* to = stage + i / kPieces * kPitch + column;
    gpu::cpAsync16(to, run.k + from);
    gpu::cpAsync16(to + kTileTokens * kPitch, run.v + from);
  }
  gpu::cpAsyncCommit();
}

/// Lane = token: the products of its key with this warp's queries.
template <int kPitch>
__device__ void scoreTile(
    const Bf16* keys, const float (*query)[kHeadDim], int warp, int lane, float* scores) {
#pragma unroll
  for (int h = 0; h < kHeadsPerWarp; ++h) scores[h] = 0.0F;
  for (int column = 0; column < kHeadDim; column += 8) {
    Eight key;
    key.bits = gpu::ld128(keys + lane * kPitch + column);
#pragma unroll
    for (int pair = 0; pair < 4; ++pair) {
      const float2 k = __bfloat1622float2(key.pairs[pair]);
#pragma unroll
      for (int h = 0; h < kHeadsPerWarp; ++h) {
        const float* q = query[warp + kWarps * h] + column + 2 * pair;
        scores[h] += k.x * q[0] + k.y * q[1];
      }
    }
  }
}

template <int kPitch, Flaw kFlaw>
__global__ void __launch_bounds__(kThreads) decodeSpan(DecodeRun run) {
  GPU_DYN_SHARED(Bf16, tiles);  // [2 stages][keys, values][kTileTokens][kPitch]
  GPU_SHARED(float, query, [kHeadsPerKv][kHeadDim]);
  GPU_SHARED(float, weights, [kHeadsPerKv][kTileTokens]);
  GPU_SHARED(float, corrections, [kHeadsPerKv]);
  constexpr int kStage = 2 * kTileTokens * kPitch;
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = thread % 32;
  const int warp = thread / 32;
  const int kvHead = static_cast<int>(blockIdx.x);
  const int split = static_cast<int>(blockIdx.y);
  const int allTiles = (run.tokens + kTileTokens - 1) / kTileTokens;
  const int perSplit = (allTiles + run.splits - 1) / run.splits;
  const int begin = split * perSplit;
  const int end = min(allTiles, begin + perSplit);

  for (int i = thread; i < kHeadsPerKv * kHeadDim; i += kThreads) {
    const size_t from = static_cast<size_t>(kvHead) * kHeadsPerKv * kHeadDim + i;
    query[i / kHeadDim][i % kHeadDim] = __bfloat162float(run.q[from]) * run.scale;
  }
  float maximum[kHeadsPerWarp];
  float denominator[kHeadsPerWarp];
  float sums[kHeadsPerKv];
#pragma unroll
  for (int h = 0; h < kHeadsPerWarp; ++h) {
    maximum[h] = kLowest;
    denominator[h] = 0.0F;
  }
#pragma unroll
  for (int h = 0; h < kHeadsPerKv; ++h) sums[h] = 0.0F;

  if (begin < end) fetchTile<kPitch, kFlaw>(run, tiles, kvHead, begin);
  for (int tile = begin; tile < end; ++tile) {
    const int stage = (tile - begin) % 2;
    if (tile + 1 < end) {
      fetchTile<kPitch, kFlaw>(run, tiles + (1 - stage) * kStage, kvHead, tile + 1);
      if (kFlaw != Flaw::MissingAsyncWait) gpu::cpAsyncWait<1>();
    } else {
      gpu::cpAsyncWait<0>();
    }
    __syncthreads();
    const Bf16* keys = tiles + stage * kStage;
    const Bf16* values = keys + kTileTokens * kPitch;
    float scores[kHeadsPerWarp];
    scoreTile<kPitch>(keys, query, warp, lane, scores);
#pragma unroll
    for (int h = 0; h < kHeadsPerWarp; ++h) {
      const int head = warp + kWarps * h;
      const float score = tile * kTileTokens + lane < run.tokens ? scores[h] : kLowest;
      const float higher = fmaxf(maximum[h], warpMax(score));
      const float weight = __expf(score - higher);
      const float correction = __expf(maximum[h] - higher);
      denominator[h] = denominator[h] * correction + warpSum(weight);
      maximum[h] = higher;
      weights[head][lane] = weight;
      if (lane == 0) corrections[head] = correction;
    }
    if (kFlaw != Flaw::MissingBarrier) __syncthreads();
#pragma unroll
    for (int h = 0; h < kHeadsPerKv; ++h) sums[h] *= corrections[h];
    for (int t = 0; t < kTileTokens; ++t) {
      const float value = __bfloat162float(values[t * kPitch + thread]);
#pragma unroll
      for (int h = 0; h < kHeadsPerKv; ++h) sums[h] += weights[h][t] * value;
    }
    if (kFlaw != Flaw::MissingBarrierBeforeReuse)
      __syncthreads();  // The next fetch overwrites this stage.
  }

  const size_t heads = static_cast<size_t>(run.kvHeads) * kHeadsPerKv;
  float* out =
      run.partial + (split * heads + static_cast<size_t>(kvHead) * kHeadsPerKv) * kPartialRow;
#pragma unroll
  for (int h = 0; h < kHeadsPerKv; ++h) out[h * kPartialRow + thread] = sums[h];
  if (lane != 0) return;
#pragma unroll
  for (int h = 0; h < kHeadsPerWarp; ++h) {
    float* row = out + (warp + kWarps * h) * kPartialRow;
    row[kHeadDim] = maximum[h];
    row[kHeadDim + 1] = denominator[h];
  }
}

__global__ void __launch_bounds__(kHeadDim) decodeMerge(DecodeRun run) {
  const size_t heads = static_cast<size_t>(run.kvHeads) * kHeadsPerKv;
  const float* rows = run.partial + static_cast<size_t>(blockIdx.x) * kPartialRow;
  float maximum = kLowest;
  for (int s = 0; s < run.splits; ++s)
    maximum = fmaxf(maximum, rows[s * heads * kPartialRow + kHeadDim]);
  float sum = 0.0F;
  float denominator = 0.0F;
  for (int s = 0; s < run.splits; ++s) {
    const float* row = rows + s * heads * kPartialRow;
    const float weight = __expf(row[kHeadDim] - maximum);
    sum += weight * row[threadIdx.x];
    denominator += weight * row[kHeadDim + 1];
  }
  run.out[static_cast<size_t>(blockIdx.x) * kHeadDim + threadIdx.x] =
      __float2bfloat16(sum / denominator);
}

template <int kPitch, Flaw kFlaw>
cudaError_t launchSpans(const DecodeRun& run, cudaStream_t stream) {
  const size_t bytes = size_t{2} * 2 * kTileTokens * kPitch * sizeof(Bf16);
  const dim3 grid(static_cast<unsigned>(run.kvHeads), static_cast<unsigned>(run.splits));
  return gpu::launch(gpu::Config{grid, dim3(kThreads), bytes, stream}, decodeSpan<kPitch, kFlaw>,
                     run);
}

cudaError_t launchSpans(const DecodeRun& run, Flaw flaw, cudaStream_t stream) {
  // 8 more than the row: eight keys of a quarter warp then lie in different banks.
  constexpr int kPadded = kHeadDim + 8;
  switch (flaw) {
    case Flaw::MissingBarrier:
      return launchSpans<kPadded, Flaw::MissingBarrier>(run, stream);
    case Flaw::PastTheEnd:
      return launchSpans<kPadded, Flaw::PastTheEnd>(run, stream);
    case Flaw::MissingAsyncWait:
      return launchSpans<kPadded, Flaw::MissingAsyncWait>(run, stream);
    case Flaw::MissingBarrierBeforeReuse:
      return launchSpans<kPadded, Flaw::MissingBarrierBeforeReuse>(run, stream);
    case Flaw::UnpaddedTile:
      return launchSpans<kHeadDim, Flaw::None>(run, stream);
    default:
      return launchSpans<kPadded, Flaw::None>(run, stream);
  }
}

}  // namespace

cudaError_t launchDecode(const DecodeRun& run, Flaw flaw, cudaStream_t stream) {
  const cudaError_t result = launchSpans(run, flaw, stream);
  if (result != cudaSuccess) return result;
  const auto heads = static_cast<unsigned>(run.kvHeads * kHeadsPerKv);
  return gpu::launch(gpu::Config{dim3(heads), dim3(kHeadDim), 0, stream}, decodeMerge, run);
}

}  // namespace lectern::simt
