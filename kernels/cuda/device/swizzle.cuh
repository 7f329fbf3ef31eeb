// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/gpu.h"

namespace lectern::kernels::cuda {

/// A tile in shared memory whose rows are 64 bytes, the four 16-byte chunks of a row exchanged so
/// that eight rows' chunks of one column, which is what ldmatrix reads, lie in different banks: two
/// rows fill the 32 banks, so every second row turns the chunks once more.
template <int kRows>
struct Tile64 {
  static constexpr int kChunks = 4;

  unsigned char bytes[kRows * 64];

  [[nodiscard]] __device__ __forceinline__ unsigned char* at(int row, int chunk) {
    return bytes + row * 64 + (chunk ^ (row / 2 % 4)) * 16;
  }
};

/// The lanes' addresses of ldmatrixX4 for a 16 × 32-byte piece of left operands (four 8 × 16-byte
/// matrices: rows 0 … 7, rows 8 … 15, then both of the other half), and for two pieces of 8 columns
/// of right operands.
__device__ __forceinline__ int leftRow(int lane) {
  return lane % 16;
}
__device__ __forceinline__ int leftChunk(int lane) {
  return lane / 16;
}
__device__ __forceinline__ int rightRow(int lane) {
  return lane / 16 * 8 + lane % 8;
}
__device__ __forceinline__ int rightChunk(int lane) {
  return lane / 8 % 2;
}

}  // namespace lectern::kernels::cuda
