// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/attend_plain.h"
#include "kernels/cuda/device/flash.cuh"
#include "kernels/cuda/launches.h"

#include <cmath>

namespace lectern::kernels::cuda {

namespace {

// A block takes 128 rows of one key/value head, a row being a token and one of the heads that share
// it, so that with one such head the keys cross the cache heads / 128 times a token. Eight warps of
// 16 rows; the tiles are double buffered, 64 KiB (bytes, 65 with the widened ones). At 16 rows a
// warp a tile costs 32 KiB of shared memory reads for 2^18 multiply-adds: on an RTX 4090 the tensor
// cores take twice as long.
constexpr int kThreads = 256;
constexpr int kRows = kThreads / kWarp * kRowsOfWarp;

struct FlashArgs {
  Rows q;
  Rows out;
  Cache cache;
  const int32_t* position;
  int tokens;
  int sharing;  // heads that share a key/value head
  float scale;
};

template <class T, int kWidth>
__global__ void __launch_bounds__(kThreads, 1) flash(FlashArgs a) {
  using Room = FlashRoom<T, kWidth>;
  GPU_DYN_SHARED(Room, room);
  const int head = static_cast<int>(blockIdx.y);
  // The longest rows first: they would otherwise be what the others wait for.
  const int firstRow = static_cast<int>(gridDim.x - 1 - blockIdx.x) * kRows;
  const int position = *a.position;
  const int rows = a.tokens * a.sharing;
  const int lastRow = min(firstRow + kRows, rows) - 1;
  const int seen = position + lastRow / a.sharing + 1;
  const int tiles = ceilDiv(seen, kTileTokens);

  int row[2];
  int column[2];
  int limit[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int own = firstRow + warpOf() * kRowsOfWarp + half * 8 + laneOf() / 4;
    row[half] = own < rows ? own / a.sharing : -1;
    column[half] = (head * a.sharing + own % a.sharing) * a.cache.headDim;
    limit[half] = own < rows ? position + row[half] + 1 : 0;
  }
  FlashState<kWidth> state;
  startFlash(state, a.cache.headDim, a.q.aligned,
             [&](int half) { return row[half] < 0 ? nullptr : a.q.row(row[half]) + column[half]; });

  const auto step = [&](int tile, auto& numbers, const auto& stage) {
    const int first = tile * kTileTokens;
    const int visible[2] = {limit[0] - first, limit[1] - first};
    TileShare shares[2];
    stepFlash<kTileTokens>(state, numbers, stage, 0, visible, a.scale, shares);
  };
  walkTiles<kThreads>(a.cache, head, 0, tiles, seen, *room, step);

#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float sum = warpSum<4>(state.sum[half]);
    if (row[half] < 0) continue;
    float* to = a.out.row(row[half]) + column[half] + laneOf() % 4 * 2;
#pragma unroll
    for (int tile = 0; tile < kWidth / 8; ++tile) {
      if (tile * 8 >= a.cache.headDim) continue;
      storeTwo(to + tile * 8, state.out[tile][2 * half] / sum, state.out[tile][2 * half + 1] / sum,
               a.out.aligned);
    }
  }
}

}  // namespace

cudaError_t launch(const AttendMany& op, const LaunchContext& context) {
  if (!areFloats(op.q, op.out)) return cudaErrorInvalidValue;
  if (!suitsTensorCores(op.cache)) return attendPlain(op, context);
  const int64_t sharing = op.heads / op.cache.kvHeads;
  const FlashArgs args{rowsOf(op.q),
                       rowsOf(op.out),
                       cacheOf(op.cache),
                       op.at.position,
                       static_cast<int>(op.q.rows),
                       static_cast<int>(sharing),
                       kLog2E / std::sqrt(static_cast<float>(op.cache.headDim))};
  const dim3 grid(static_cast<unsigned>(ceilDiv(op.q.rows * sharing, kRows)),
                  static_cast<unsigned>(op.cache.kvHeads));
  return withFlash(op.cache, [&]<class T, int kWidth>() {
    return gpu::launch(
        gpu::Config{grid, dim3(kThreads), sizeof(FlashRoom<T, kWidth>), context.stream},
        flash<T, kWidth>, args);
  });
}

}  // namespace lectern::kernels::cuda
