// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device/math.cuh"

#include <cstdint>

namespace lectern::kernels::cuda {

/// What the splits of one token's attention leave for the merge (Dao et al. 2023, flash-decoding).
/// Scores are in base 2: weight = 2^(score − largest).
struct Partials {
  float* out;      ///< [splits, heads, headDim], Σ weight · value
  float* largest;  ///< [splits, heads]
  float* sum;      ///< [splits, heads], Σ weight
  /// [subsets, heads, blocks], for the tap, or null: x the largest score when a block of 64 tokens
  /// was done, y its Σ 2^(score − x). A subset is the part of each block that one warp has.
  float2* shares;
  int splits;
  int heads;
  int subsets;
  int blocks;  ///< in the whole cache
};

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
