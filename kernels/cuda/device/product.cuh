// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/products.h"

namespace lectern::kernels::cuda {

/// A product as its kernels see it.
struct ProductArgs {
  PackedWeight weight;
  PackedWeight second;
  Rows in;
  Narrowed narrowed;
  Rows out;
  const float* bias;
  Grouping grouping;
  int32_t rows;
  int32_t parts;         ///< of the inputs, each by blocks of its own with their own `out`
  int64_t partElements;  ///< from one part's `out` to the next one's
};

/// The columns of a tile of the tensor cores' products.
constexpr int kTileColumns = 128;

/// The rows that a block multiplies.
struct BlockRows {
  RowTile tile;
  Grouping grouping;

  /// Row `index` of the tile in `out`; rows behind the last one repeat it.
  [[nodiscard]] __device__ __forceinline__ int32_t outRow(int index) const {
    const int32_t place = tile.first + min(index, tile.rows - 1);
    return grouping.order == nullptr ? place : grouping.order[place];
  }
  [[nodiscard]] __device__ __forceinline__ int32_t inRow(int index) const {
    return outRow(index) / grouping.divisor;
  }
};
__device__ __forceinline__ BlockRows blockRows(const ProductArgs& a, int tile) {
  if (a.grouping.tiles != nullptr) return {a.grouping.tiles[tile], a.grouping};
  const int32_t first = tile * kTileRows;
  return {{0, first, min(kTileRows, a.rows - first)}, a.grouping};
}

/// Where a product along so many stages may be cut, and the fewest that a part has: two stages
/// fill the pipeline, and eight make that a fourth.
constexpr int kPartStages = 4;
constexpr int kLeastPartStages = 2 * kPartStages;

/// The steps of a block's part of a product along its inputs: `count` stages of the activations'
/// first term, then those of the second that has anything.
struct Steps {
  int first;
  int count;
  int end;  ///< behind the last step
  const int32_t* hasRest;

  [[nodiscard]] __device__ __forceinline__ bool isRest(int step) const { return step >= count; }
  [[nodiscard]] __device__ __forceinline__ int stage(int step) const {
    return first + (isRest(step) ? step - count : step);
  }
  [[nodiscard]] __device__ __forceinline__ int after(int step) const {
    ++step;
    if (hasRest == nullptr) return step;
    while (step >= count && step < end && hasRest[stage(step)] == 0) ++step;
    return step;
  }
};
__device__ __forceinline__ Steps stepsOf(const ProductArgs& a, int stages) {
  const int pieces = ceilDiv(stages, kPartStages);
  const int part = static_cast<int>(blockIdx.z);
  const int first = pieces * part / a.parts * kPartStages;
  const int count = min(pieces * (part + 1) / a.parts * kPartStages, stages) - first;
  return {first, count, a.narrowed.restBytes == 0 ? count : 2 * count, a.narrowed.hasRest};
}

/// Which weight row stands in row `index` of a tile of columns whose outputs begin at `first`.
/// Gated products have of every 2 · kRun rows kRun of the gate, then those of `second` for the same
/// outputs. Rows behind the last output repeat it.
template <bool kGated, int kRun>
__device__ __forceinline__ WeightRow
columnRow(const ProductArgs& a, int32_t group, int64_t first, int index) {
  const int64_t last = a.weight.out - 1;
  if constexpr (kGated) {
    const int64_t output = min(first + index / (2 * kRun) * kRun + index % kRun, last);
    return rowOf(index % (2 * kRun) < kRun ? a.weight : a.second, group, output);
  }
  return rowOf(a.weight, group, min(first + index, last));
}

/// Two neighbouring outputs.
__device__ __forceinline__ void storePair(
    const ProductArgs& a, int32_t row, int64_t column, float first, float second) {
  if (column >= a.weight.out) return;
  float* to = a.out.row(row) + blockIdx.z * a.partElements + column;
  const bool both = column + 1 < a.weight.out;
  if (a.bias != nullptr) {
    first += a.bias[column];
    if (both) second += a.bias[column + 1];
  }
  if (both) {
    storeTwo(to, first, second, a.out.aligned);
  } else {
    to[0] = first;
  }
}

/// A warp's results, held as mma leaves them: of each 16 × 8 piece a lane has two neighbouring
/// columns of two rows. Of a gated product the second half of a warp's columns belongs to `second`.
template <bool kGated, int kWarpRows, int kWarpColumns>
__device__ __forceinline__ void storeProduct(
    const ProductArgs& a,
    const BlockRows& block,
    int64_t firstOutput,
    int firstRow,
    int firstColumn,
    const float (&sums)[kWarpRows / 16][kWarpColumns / 8][4]) {
  constexpr int kPieces = kWarpColumns / 8 / (kGated ? 2 : 1);
  const int64_t firstOfLane = firstOutput + firstColumn / (kGated ? 2 : 1) + laneOf() % 4 * 2;
#pragma unroll
  for (int i = 0; i < kWarpRows / 16; ++i) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int index = firstRow + i * 16 + half * 8 + laneOf() / 4;
      if (index >= block.tile.rows) continue;
      const int32_t row = block.outRow(index);
#pragma unroll
      for (int j = 0; j < kPieces; ++j) {
        float first = sums[i][j][2 * half];
        float second = sums[i][j][2 * half + 1];
        if constexpr (kGated) {
          first = silu(first) * sums[i][j + kPieces][2 * half];
          second = silu(second) * sums[i][j + kPieces][2 * half + 1];
        }
        storePair(a, row, firstOfLane + j * 8, first, second);
      }
    }
  }
}

}  // namespace lectern::kernels::cuda
