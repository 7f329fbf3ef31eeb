// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_bf16.h>
#include <driver_types.h>

#include <cstdint>

/// Four kinds of kernel as a language model has them, whole and with faults that are easily made:
/// the engine's tests run them against double precision. They are no part of the program.
namespace lectern::simt {

using Bf16 = __nv_bfloat16;

/// What to leave out. Not every kernel has every fault.
enum class Flaw {
  None,
  MissingBarrier,
  PastTheEnd,
  MissingAsyncWait,
  MissingBarrierBeforeReuse,
  MissingSyncwarp,
  UnpaddedTile,  ///< right but slow: bank conflicts
};

/// x += delta; y = x / rms(x) * weight. Rows of `columns`, a multiple of 8, at most 4096.
struct NormRun {
  Bf16* x;
  const Bf16* delta;
  const Bf16* weight;
  Bf16* y;
  int rows;
  int columns;
  float epsilon;
};
cudaError_t launchNorm(const NormRun& run, Flaw flaw, cudaStream_t stream);

constexpr int kScanStates = 16;

/// Mamba-1's selective scan (Gu & Dao 2023, algorithm 2), parallel over chunks of the time. `A` is
/// [channel][state], multiplied by log2 e; carries has a state and sums a float for every chunk and
/// channel.
struct ScanRun {
  const Bf16* x;
  const Bf16* dt;
  const Bf16* z;
  const float* A;
  const float* B;
  const float* C;
  const float* D;
  const float* dtBias;
  float* carries;
  float* sums;
  float* state;
  Bf16* y;
  int tokens;
  int channels;  ///< a multiple of 128
  int chunkTokens;
};
cudaError_t launchScan(const ScanRun& run, Flaw flaw, cudaStream_t stream);

constexpr int kHeadDim = 128;
constexpr int kHeadsPerKv = 8;

/// One query row per head against a cache of keys and values, split over blocks and merged.
struct DecodeRun {
  const Bf16* q;
  const Bf16* k;
  const Bf16* v;
  float* partial;  ///< [split][head][kHeadDim + 2]
  Bf16* out;
  int tokens;
  int kvHeads;
  int splits;
  float scale;
};
cudaError_t launchDecode(const DecodeRun& run, Flaw flaw, cudaStream_t stream);

/// c[m][n] = a[m][k] b[k][n] on tensor cores; multiples of 16, 8 and 16.
struct MatrixRun {
  const Bf16* a;
  const Bf16* b;
  float* c;
  int m;
  int n;
  int k;
};
cudaError_t launchMatrix(const MatrixRun& run, Flaw flaw, cudaStream_t stream);

/// The same with int8 and 32-bit sums; `b` is [n][k], k a multiple of 32.
struct MatrixS8Run {
  const int8_t* a;
  const int8_t* b;
  int* c;
  int m;
  int n;
  int k;
};
cudaError_t launchMatrixS8(const MatrixS8Run& run, cudaStream_t stream);

}  // namespace lectern::simt
