// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device/cache.cuh"
#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/warp.cuh"

namespace lectern::kernels::cuda {

// Attention on tensor cores for a cache of bfloat16 or bytes (Dao 2023, FlashAttention-2): a warp
// holds 16 queries of one key/value head in registers, walks through tiles of 64 tokens in shared
// memory and keeps the softmax up as it goes, in base 2. Queries and weights are rounded to
// bfloat16, sums are float32. Keys carry no rotation, so they are multiplied as they lie in the
// cache. Bytes come as they are, and the block widens a tile to bfloat16 when it is there; their
// scales go into the scores and the weights.
//
// With g = lane / 4 and t = lane % 4 a lane holds of every 16 × 8 result the columns 2 t and 2 t +
// 1 of the rows g and g + 8; `half` below is which of these two rows.

constexpr int kTileTokens = 64;
constexpr int kRowsOfWarp = 16;

/// Heads of at most 128 channels whose rows are whole chunks of 16 bytes; others fall back to
/// attend_plain.h.
inline bool suitsTensorCores(const KvCache& cache) {
  return cache.dtype != DType::F32 && cache.headDim * elementBytes(cache.dtype) % 16 == 0 &&
         cache.headDim <= 128;
}

/// Calls `run` with the element type and the width that a head's channels are filled up to.
template <class Run>
cudaError_t withFlash(const KvCache& cache, const Run& run) {
  const auto ofType = [&]<class T>() {
    if (cache.headDim <= 32) return run.template operator()<T, 32>();
    if (cache.headDim <= 64) return run.template operator()<T, 64>();
    return run.template operator()<T, 128>();
  };
  return cache.dtype == DType::I8 ? ofType.template operator()<int8_t>()
                                  : ofType.template operator()<__nv_bfloat16>();
}

/// Keys or values of a tile as they lie in shared memory: rows of kWidth numbers, the 16-byte
/// chunks of a row exchanged so that eight rows' chunks of one column lie in different banks.
template <class T, int kWidth>
struct KvTile {
  static constexpr int kPerChunk = 16 / sizeof(T);
  static constexpr int kChunks = kWidth / kPerChunk;

  T numbers[kTileTokens * kWidth];

  /// A chunk of row eights + row, eights being a multiple of eight.
  [[nodiscard]] __device__ __forceinline__ T* at(int eights, int row, int chunk) {
    const int turn = kChunks >= 8 ? row % 8 : row % 8 / (8 / kChunks);
    return numbers + eights * kWidth + (row * kWidth + (chunk ^ turn) * kPerChunk);
  }
};
template <class T, int kWidth>
struct KvTiles {
  KvTile<T, kWidth> keys;
  KvTile<T, kWidth> values;
};
template <int kWidth>
struct KvTiles<int8_t, kWidth> {
  KvTile<int8_t, kWidth> keys;
  KvTile<int8_t, kWidth> values;
  float keyScales[kTileTokens];
  float valueScales[kTileTokens];
};

/// A block's shared memory: the tile at hand and the next one, and where bytes are widened.
template <class T, int kWidth>
struct FlashRoom {
  KvTiles<T, kWidth> stages[2];
};
template <int kWidth>
struct FlashRoom<int8_t, kWidth> {
  KvTiles<int8_t, kWidth> stages[2];
  KvTiles<__nv_bfloat16, kWidth> wide;
};

/// Starts to fetch a tile, tokens from `limit` on and channels beyond the head's as zeros. All
/// kThreads threads of the block.
template <int kThreads, class T, int kWidth>
__device__ __forceinline__ void fetchTiles(
    const Cache& cache, int head, int firstToken, int limit, KvTiles<T, kWidth>& to) {
  using Tile = KvTile<T, kWidth>;
  const CacheRow<const T> keys = cacheRow<const T>(cache, false, head, firstToken);
  const CacheRow<const T> values = cacheRow<const T>(cache, true, head, firstToken);
#pragma unroll 4
  for (int i = static_cast<int>(threadIdx.x); i < kTileTokens * Tile::kChunks; i += kThreads) {
    const int row = i / Tile::kChunks;
    const int chunk = i % Tile::kChunks;
    const bool isThere = firstToken + row < limit && chunk * Tile::kPerChunk < cache.headDim;
    const int from = isThere ? row * cache.headDim + chunk * Tile::kPerChunk : 0;
    gpu::cpAsync16ZeroFill(to.keys.at(0, row, chunk), keys.numbers + from, isThere ? 16 : 0);
    gpu::cpAsync16ZeroFill(to.values.at(0, row, chunk), values.numbers + from, isThere ? 16 : 0);
  }
  if constexpr (kHasScales<T>) {
    const int i = static_cast<int>(threadIdx.x) * 4;
    if (i >= kTileTokens) return;
    const int bytes = max(0, min(limit - firstToken - i, 4)) * 4;
    const int from = bytes > 0 ? i : 0;
    gpu::cpAsync16ZeroFill(to.keyScales + i, keys.scale + from, bytes);
    gpu::cpAsync16ZeroFill(to.valueScales + i, values.scale + from, bytes);
  }
}

template <int kThreads, int kWidth>
__device__ __forceinline__ void widenTile(KvTile<int8_t, kWidth>& from,
                                          KvTile<__nv_bfloat16, kWidth>& to) {
  constexpr int kChunks = KvTile<__nv_bfloat16, kWidth>::kChunks;
#pragma unroll 4
  for (int i = static_cast<int>(threadIdx.x); i < kTileTokens * kChunks; i += kThreads) {
    const int row = i / kChunks;
    const int chunk = i % kChunks;
    const uint2 bytes = gpu::ld64(from.at(0, row, chunk / 2) + chunk % 2 * 8);
    const uint2 low = widenBytes(bytes.x);
    const uint2 high = widenBytes(bytes.y);
    gpu::st128(to.at(0, row, chunk), {low.x, low.y, high.x, high.y});
  }
}

/// Walks the block through the tiles [first, end) of a head's tokens, of which `limit` are there:
/// calls step(tile, numbers, stage) with what to multiply and what has the scales. All kThreads
/// threads of the block; the room is free for other things behind it.
template <int kThreads, class T, int kWidth, class Step>
__device__ __forceinline__ void walkTiles(const Cache& cache,
                                          int head,
                                          int first,
                                          int end,
                                          int limit,
                                          FlashRoom<T, kWidth>& room,
                                          const Step& step) {
  fetchTiles<kThreads>(cache, head, first * kTileTokens, limit, room.stages[0]);
  gpu::cpAsyncCommit();
  for (int tile = first; tile < end; ++tile) {
    const int turn = (tile - first) % 2;
    KvTiles<T, kWidth>& stage = room.stages[turn];
    if (tile + 1 < end) {
      fetchTiles<kThreads>(cache, head, (tile + 1) * kTileTokens, limit, room.stages[1 - turn]);
    }
    gpu::cpAsyncCommit();
    gpu::cpAsyncWait<1>();
    __syncthreads();
    if constexpr (kHasScales<T>) {
      widenTile<kThreads>(stage.keys, room.wide.keys);
      widenTile<kThreads>(stage.values, room.wide.values);
      __syncthreads();
      step(tile, room.wide, stage);
    } else {
      step(tile, stage, stage);
    }
    __syncthreads();
  }
  gpu::cpAsyncWait<0>();
}

/// What a warp gathers for its 16 queries.
template <int kWidth>
struct FlashState {
  uint32_t queries[kWidth / 16][4];
  float out[kWidth / 8][4];
  float largest[2];  ///< score so far, in base 2; of either half
  float sum[2];      ///< this lane's share of Σ 2^(score − largest)
};

/// `rowOf(half)` is the address of a query's first channel, or null for a row that is not there;
/// `aligned`: at a multiple of eight bytes.
template <int kWidth, class RowOf>
__device__ __forceinline__ void startFlash(FlashState<kWidth>& s,
                                           int headDim,
                                           bool aligned,
                                           const RowOf& rowOf) {
  const int pair = laneOf() % 4 * 2;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float* q = rowOf(half);
#pragma unroll
    for (int step = 0; step < kWidth / 16; ++step) {
#pragma unroll
      for (int side = 0; side < 2; ++side) {
        const int channel = step * 16 + side * 8 + pair;
        float2 two{};
        if (q != nullptr && channel < headDim) two = loadTwo(q + channel, aligned);
        s.queries[step][side * 2 + half] = packBFloat16(two.x, two.y);
      }
    }
    s.largest[half] = -kInfinity;
    s.sum[half] = 0;
  }
#pragma unroll
  for (auto& tile : s.out) {
#pragma unroll
    for (float& value : tile) value = 0;
  }
}

/// What a tile's tokens alone contribute to a row's sum, as the tap wants it.
struct TileShare {
  float largest;
  float sum;
};

/// Walks the warp's queries through kTokens tokens of a tile, from its row `firstRow` on, a
/// multiple of eight; `stage` has the scales where there are any. limit[half] is how many of the
/// tile's tokens, counted from its first one, a row sees. The shares are valid in all lanes of a
/// row.
template <int kTokens, class T, int kWidth>
__device__ __forceinline__ void stepFlash(FlashState<kWidth>& s,
                                          KvTiles<__nv_bfloat16, kWidth>& tiles,
                                          const KvTiles<T, kWidth>& stage,
                                          int firstRow,
                                          const int (&limit)[2],
                                          float scale,
                                          TileShare (&shares)[2]) {
  constexpr int kColumns = kTokens / 8;
  const int lane = laneOf();
  const int pair = lane % 4 * 2;
  float scores[kColumns][4];
#pragma unroll
  for (auto& column : scores) {
#pragma unroll
    for (float& score : column) score = 0;
  }
#pragma unroll
  for (int step = 0; step < kWidth / 16; ++step) {
#pragma unroll
    for (int column = 0; column < kColumns; column += 2) {
      // Four 8 × 8 pieces: tokens 0 … 7 and 8 … 15, each channels 0 … 7 and 8 … 15.
      uint32_t keys[4];
      gpu::ldmatrixX4(keys, tiles.keys.at(firstRow + column * 8, lane / 16 * 8 + lane % 8,
                                          step * 2 + lane / 8 % 2));
      const uint32_t left[2] = {keys[0], keys[1]};
      const uint32_t right[2] = {keys[2], keys[3]};
      gpu::mmaBf16(scores[column], s.queries[step], left);
      gpu::mmaBf16(scores[column + 1], s.queries[step], right);
    }
  }

  float largest[2] = {s.largest[0], s.largest[1]};
#pragma unroll
  for (int column = 0; column < kColumns; ++column) {
    const int token = firstRow + column * 8 + pair;
    float scales[2] = {scale, scale};
    if constexpr (kHasScales<T>) {
      const float2 two = loadTwo(stage.keyScales + token, true);
      scales[0] *= two.x;
      scales[1] *= two.y;
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const bool isSeen = token + i % 2 < limit[i / 2];
      scores[column][i] = isSeen ? scores[column][i] * scales[i % 2] : -kInfinity;
      largest[i / 2] = fmaxf(largest[i / 2], scores[column][i]);
    }
  }
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    largest[half] = warpMax<4>(largest[half]);
    // A row that has seen no token yet keeps zeros; any finite number does as its largest.
    const float base = largest[half] == -kInfinity ? 0.0F : largest[half];
    const float keep = gpu::exp2Approx(s.largest[half] - base);
    s.largest[half] = largest[half];
    float sum = 0;
#pragma unroll
    for (int column = 0; column < kColumns; ++column) {
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) {
        scores[column][i] = gpu::exp2Approx(scores[column][i] - base);
        sum += scores[column][i];
      }
    }
    s.sum[half] = s.sum[half] * keep + sum;
    shares[half] = {largest[half], sum};
#pragma unroll
    for (auto& tile : s.out) {
      tile[2 * half] *= keep;
      tile[2 * half + 1] *= keep;
    }
  }

  if constexpr (kHasScales<T>) {
#pragma unroll
    for (int column = 0; column < kColumns; ++column) {
      const float2 two = loadTwo(stage.valueScales + firstRow + column * 8 + pair, true);
#pragma unroll
      for (int i = 0; i < 4; ++i) scores[column][i] *= i % 2 == 0 ? two.x : two.y;
    }
  }
#pragma unroll
  for (int step = 0; step < kTokens / 16; ++step) {
    const float(&low)[4] = scores[step * 2];
    const float(&high)[4] = scores[step * 2 + 1];
    const uint32_t weights[4] = {packBFloat16(low[0], low[1]), packBFloat16(low[2], low[3]),
                                 packBFloat16(high[0], high[1]), packBFloat16(high[2], high[3])};
#pragma unroll
    for (int tile = 0; tile < kWidth / 8; tile += 2) {
      uint32_t values[4];
      gpu::ldmatrixX4Trans(values,
                           tiles.values.at(firstRow + step * 16, lane % 16, tile + lane / 16));
      const uint32_t left[2] = {values[0], values[1]};
      const uint32_t right[2] = {values[2], values[3]};
      gpu::mmaBf16(s.out[tile], weights, left);
      gpu::mmaBf16(s.out[tile + 1], weights, right);
    }
  }
}

}  // namespace lectern::kernels::cuda
