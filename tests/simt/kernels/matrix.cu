// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/families.h"

namespace lectern::simt {
namespace {

/// One warp makes a tile of 16 × 8.
template <Flaw kFlaw>
__global__ void __launch_bounds__(32) matrixTile(MatrixRun run) {
  GPU_SHARED(Bf16, tileA, [16][24]);
  GPU_SHARED(Bf16, tileB, [16][8]);
  const int lane = static_cast<int>(threadIdx.x);
  const int row = static_cast<int>(blockIdx.y) * 16;
  const int column = static_cast<int>(blockIdx.x) * 8;
  float sums[4] = {};
  for (int k = 0; k < run.k; k += 16) {
    const int half = lane % 2 * 8;
    gpu::cpAsync16(&tileA[lane / 2][half],
                   run.a + static_cast<size_t>(row + lane / 2) * run.k + k + half);
    if (lane < 16)
      gpu::cpAsync16(&tileB[lane][0], run.b + static_cast<size_t>(k + lane) * run.n + column);
    gpu::cpAsyncCommit();
    gpu::cpAsyncWait<0>();
    if (kFlaw != Flaw::MissingSyncwarp) __syncwarp();
    uint32_t a[4];
    uint32_t b[2];
    gpu::ldmatrixX4(a, &tileA[lane % 16][lane / 16 * 8]);
    gpu::ldmatrixX2Trans(b, &tileB[lane % 16][0]);
    gpu::mmaBf16(sums, a, b);
    __syncwarp();
  }
  float* out = run.c + static_cast<size_t>(row + lane / 4) * run.n + column + lane % 4 * 2;
  out[0] = sums[0];
  out[1] = sums[1];
  out[8 * run.n] = sums[2];
  out[8 * run.n + 1] = sums[3];
}

/// Fragments straight from global memory.
__global__ void __launch_bounds__(32) matrixTileS8(MatrixS8Run run) {
  const int lane = static_cast<int>(threadIdx.x);
  const int row = static_cast<int>(blockIdx.y) * 16 + lane / 4;
  const int column = static_cast<int>(blockIdx.x) * 8;
  const auto four = [](const int8_t* p) { return *reinterpret_cast<const uint32_t*>(p); };
  int32_t sums[4] = {};
  for (int k = 0; k < run.k; k += 32) {
    const int8_t* fromA = run.a + static_cast<size_t>(row) * run.k + k + lane % 4 * 4;
    const int8_t* fromB = run.b + static_cast<size_t>(column + lane / 4) * run.k + k + lane % 4 * 4;
    const uint32_t a[4] = {four(fromA), four(fromA + 8 * run.k), four(fromA + 16),
                           four(fromA + 8 * run.k + 16)};
    const uint32_t b[2] = {four(fromB), four(fromB + 16)};
    gpu::mmaS8(sums, a, b);
  }
  int* out = run.c + static_cast<size_t>(row) * run.n + column + lane % 4 * 2;
  out[0] = sums[0];
  out[1] = sums[1];
  out[8 * run.n] = sums[2];
  out[8 * run.n + 1] = sums[3];
}

dim3 tiles(int m, int n) {
  return dim3(static_cast<unsigned>(n / 8), static_cast<unsigned>(m / 16));
}

}  // namespace

cudaError_t launchMatrix(const MatrixRun& run, Flaw flaw, cudaStream_t stream) {
  const gpu::Config config{tiles(run.m, run.n), dim3(32), 0, stream};
  return flaw == Flaw::MissingSyncwarp ? gpu::launch(config, matrixTile<Flaw::MissingSyncwarp>, run)
                                       : gpu::launch(config, matrixTile<Flaw::None>, run);
}

cudaError_t launchMatrixS8(const MatrixS8Run& run, cudaStream_t stream) {
  return gpu::launch(gpu::Config{tiles(run.m, run.n), dim3(32), 0, stream}, matrixTileS8, run);
}

}  // namespace lectern::simt
