// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/rows.cuh"

#include <cstdint>

namespace lectern::kernels::cuda {

/// What the splits of one token's attention leave for the merge (Dao et al. 2023, flash-decoding).
/// Scores are in base 2: weight = 2^(score − largest).
struct Partials {
  float* out;      ///< [splits, heads, headDim], Σ weight · value
  float* largest;  ///< [splits, heads]
  float* sum;      ///< [splits, heads], Σ weight
  /// [subsets, blocks, heads, 2], for the tap, or null: the largest score x when a block of 64
  /// tokens was done, and its Σ 2^(score − x). A subset is the part of each block that one warp
  /// has.
  float* shares;
  int splits;
  int heads;
  int subsets;
  int blocks;  ///< in the whole cache
};

__device__ __forceinline__ float* shareOf(const Partials& p, int subset, int block, int head) {
  return p.shares + ((static_cast<int64_t>(subset) * p.blocks + block) * p.heads + head) * 2;
}
__device__ __forceinline__ void storeShare(
    const Partials& p, int subset, int block, int head, float largest, float sum) {
  storeTwo(shareOf(p, subset, block, head), largest, sum, true);
}

/// The blocks of 64 tokens that a split walks through. How long the sequence is only the device
/// knows, so splits behind its end have none.
struct SplitRange {
  int first;
  int end;
};
__device__ __forceinline__ int blocksOfSplit(int blocks, int splits) {
  return ceilDiv(blocks, splits);
}
__device__ __forceinline__ SplitRange rangeOf(int split, int blocks, int splits) {
  const int each = blocksOfSplit(blocks, splits);
  return {split * each, min((split + 1) * each, blocks)};
}

}  // namespace lectern::kernels::cuda
