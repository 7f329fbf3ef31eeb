// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/product_kernels.h"

namespace lectern::kernels::cuda {

namespace {

// Float32 weights are those of small models: plain multiply-adds over tiles in shared memory, 64 by
// 64 outputs a block, four by four a thread, 32 inputs at a time.
constexpr int kThreads = 256;
constexpr int kColumns = 64;
constexpr int kDepth = 32;

// Where a row stands among the inputs at `depth`: rows stay together in fours, and those of a
// warp's requests, four rows at eight depths, are in different banks.
__device__ __forceinline__ int placeOf(int depth, int row) {
  return row ^ depth / 4 % 8 * 4;
}
// Four inputs of a row, which go to four rows of the transposed tile.
__device__ __forceinline__ void putTransposed(float (*tile)[kColumns],
                                              int depth,
                                              int row,
                                              float4 v) {
  const int place = placeOf(depth, row);
  tile[depth][place] = v.x;
  tile[depth + 1][place] = v.y;
  tile[depth + 2][place] = v.z;
  tile[depth + 3][place] = v.w;
}

template <bool kGated>
__global__ void __launch_bounds__(kThreads) floatTiles(ProductArgs a) {
  static_assert(kColumns == kTileRows, "both tiles are alike");
  constexpr int kOutputs = kGated ? kColumns / 2 : kColumns;
  GPU_SHARED(float, rows, [kDepth][kTileRows]);
  GPU_SHARED(float, columns, [kDepth][kColumns]);
  const BlockRows block = blockRows(a, static_cast<int>(blockIdx.y));
  if (block.tile.rows <= 0) return;
  const int64_t firstOutput = static_cast<int64_t>(blockIdx.x) * kOutputs;
  const int tid = static_cast<int>(threadIdx.x);
  const int ownRow = tid / 16 * 4;
  const int ownColumn = tid % 16 * 4;
  float sums[4][4] = {};
  for (int depth = 0; depth < a.weight.in; depth += kDepth) {
    __syncthreads();
#pragma unroll
    for (int i = tid; i < kTileRows * kDepth / 4; i += kThreads) {
      const int index = i / (kDepth / 4);
      const int offset = i % (kDepth / 4) * 4;
      const int at = depth + offset;
      putTransposed(rows, offset, index,
                    loadFour(a.in.row(block.inRow(index)) + at, a.weight.in - at, a.in.aligned));
      const WeightRow weight = columnRow<kGated, 2>(a, block.tile.group, firstOutput, index);
      putTransposed(columns, offset, index, asFloats(gpu::ld128(weight.low + at * 4)));
    }
    __syncthreads();
#pragma unroll 8
    for (int k = 0; k < kDepth; ++k) {
      const float4 r = asFloats(gpu::ld128(&rows[k][placeOf(k, ownRow)]));
      const float4 c = asFloats(gpu::ld128(&columns[k][placeOf(k, ownColumn)]));
      const float left[4] = {r.x, r.y, r.z, r.w};
      const float top[4] = {c.x, c.y, c.z, c.w};
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[i][j] = fmaf(left[i], top[j], sums[i][j]);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if (ownRow + i >= block.tile.rows) continue;
    const int32_t row = block.outRow(ownRow + i);
    if constexpr (kGated) {
      storePair(a, row, firstOutput + ownColumn / 2, silu(sums[i][0]) * sums[i][2],
                silu(sums[i][1]) * sums[i][3]);
    } else {
      storePair(a, row, firstOutput + ownColumn, sums[i][0], sums[i][1]);
      storePair(a, row, firstOutput + ownColumn + 2, sums[i][2], sums[i][3]);
    }
  }
}

}  // namespace

cudaError_t multiplyFloats(const ProductArgs& args, int64_t tiles, cudaStream_t stream) {
  const bool isGated = args.second.data != nullptr;
  const dim3 grid(
      static_cast<unsigned>(ceilDiv(args.weight.out, isGated ? kColumns / 2 : kColumns)),
      static_cast<unsigned>(tiles));
  return gpu::launch(gpu::Config{grid, dim3(kThreads), 0, stream},
                     isGated ? &floatTiles<true> : &floatTiles<false>, args);
}

}  // namespace lectern::kernels::cuda
