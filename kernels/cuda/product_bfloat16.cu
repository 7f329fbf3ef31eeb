// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/swizzle.cuh"
#include "kernels/cuda/product_kernels.h"

namespace lectern::kernels::cuda {

namespace {

// Tensor cores: 64 rows by 128 columns a block, 32 inputs a stage, eight warps of 32 by 32. Four
// stages of 12 KiB keep 36 KiB on their way, in the 48 KiB that need no leave.
constexpr int kThreads = 256;
constexpr int kColumns = kTileColumns;
constexpr int kDepth = 32;
constexpr int kStages = 4;
constexpr int kWarpRows = 32;
constexpr int kWarpColumns = 32;

struct Stage {
  Tile64<kTileRows> rows;
  Tile64<kColumns> columns;
};

// What one thread brings to a stage: a chunk of a row, and one of each of two columns.
struct Source {
  const uint8_t* row;
  const uint8_t* columns[2];
  int64_t restBytes;
};

template <bool kGated>
__device__ __forceinline__ Source sourceOf(const ProductArgs& a,
                                           const BlockRows& block,
                                           int64_t firstOutput) {
  const int index = static_cast<int>(threadIdx.x) / 4;
  const int chunk = static_cast<int>(threadIdx.x) % 4;
  const int64_t rowBytes = static_cast<int64_t>(a.narrowed.pitchSpans) * kSpan * 2;
  Source source{};
  source.row = a.narrowed.numbers + block.inRow(index) * rowBytes + chunk * 16;
  source.restBytes = a.narrowed.restBytes;
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    source.columns[i] =
        columnRow<kGated, kWarpColumns / 2>(a, block.tile.group, firstOutput, index + i * 64).low +
        chunk * 16;
  }
  return source;
}

__device__ __forceinline__ void fetch(const Source& source,
                                      const Steps& steps,
                                      int step,
                                      Stage& stage) {
  const int index = static_cast<int>(threadIdx.x) / 4;
  const int chunk = static_cast<int>(threadIdx.x) % 4;
  const int depth = steps.stage(step);
  const int64_t term = steps.isRest(step) ? source.restBytes : 0;
  gpu::cpAsync16(stage.rows.at(index, chunk), source.row + term + depth * kDepth * 2);
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    gpu::cpAsync16(stage.columns.at(index + i * 64, chunk), source.columns[i] + depth * kDepth * 2);
  }
}

using Sums = float[kWarpRows / 16][kWarpColumns / 8][4];

__device__ __forceinline__ void multiplyStage(Stage& stage,
                                              int firstRow,
                                              int firstColumn,
                                              Sums& sums) {
  const int lane = laneOf();
#pragma unroll
  for (int step = 0; step < kDepth / 16; ++step) {
    uint32_t left[kWarpRows / 16][4];
#pragma unroll
    for (int i = 0; i < kWarpRows / 16; ++i) {
      gpu::ldmatrixX4(left[i],
                      stage.rows.at(firstRow + i * 16 + leftRow(lane), step * 2 + leftChunk(lane)));
    }
#pragma unroll
    for (int j = 0; j < kWarpColumns / 8; j += 2) {
      uint32_t right[4];
      gpu::ldmatrixX4(right, stage.columns.at(firstColumn + j * 8 + rightRow(lane),
                                              step * 2 + rightChunk(lane)));
      const uint32_t first[2] = {right[0], right[1]};
      const uint32_t second[2] = {right[2], right[3]};
#pragma unroll
      for (int i = 0; i < kWarpRows / 16; ++i) {
        gpu::mmaBf16(sums[i][j], left[i], first);
        gpu::mmaBf16(sums[i][j + 1], left[i], second);
      }
    }
  }
}

template <bool kGated>
__global__ void __launch_bounds__(kThreads) narrowTiles(ProductArgs a) {
  GPU_DYN_SHARED(Stage, stages);
  const BlockRows block = blockRows(a, static_cast<int>(blockIdx.y));
  if (block.tile.rows <= 0) return;
  const int64_t firstOutput = static_cast<int64_t>(blockIdx.x) * (kGated ? kColumns / 2 : kColumns);
  const Source source = sourceOf<kGated>(a, block, firstOutput);
  const int firstRow = warpOf() / 4 * kWarpRows;
  const int firstColumn = warpOf() % 4 * kWarpColumns;

  const Steps steps = stepsOf(a, a.weight.spans);
#pragma unroll
  for (int step = 0; step < kStages - 1; ++step) {
    if (step < steps.end) fetch(source, steps, step, stages[step]);
    gpu::cpAsyncCommit();
  }
  Sums sums{};
  for (int step = 0; step < steps.end; ++step) {
    gpu::cpAsyncWait<kStages - 2>();
    __syncthreads();
    // The stage that is fetched into was multiplied before the barrier.
    const int next = step + kStages - 1;
    if (next < steps.end) fetch(source, steps, next, stages[next % kStages]);
    gpu::cpAsyncCommit();
    multiplyStage(stages[step % kStages], firstRow, firstColumn, sums);
  }
  gpu::cpAsyncWait<0>();
  storeProduct<kGated, kWarpRows, kWarpColumns>(a, block, firstOutput, firstRow, firstColumn, sums);
}

}  // namespace

cudaError_t multiplyBFloat16(const ProductArgs& args, int64_t tiles, cudaStream_t stream) {
  const bool isGated = args.second.data != nullptr;
  const dim3 grid(
      static_cast<unsigned>(ceilDiv(args.weight.out, isGated ? kColumns / 2 : kColumns)),
      static_cast<unsigned>(tiles), static_cast<unsigned>(args.parts));
  return gpu::launch(gpu::Config{grid, dim3(kThreads), kStages * sizeof(Stage), stream},
                     isGated ? &narrowTiles<true> : &narrowTiles<false>, args);
}

}  // namespace lectern::kernels::cuda
