// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/split.cuh"
#include "kernels/cuda/launches.h"

namespace lectern::kernels::cuda {

namespace {

// One warp a token: its 192 to 288 numbers are read and written once, and no block waits for
// another's.
constexpr int kThreads = 128;

__global__ void __launch_bounds__(kThreads)
    splitNorm(Rows in, SplitWeights weights, Rows delta, Rows b, Rows c, int64_t tokens) {
  const int64_t token = static_cast<int64_t>(blockIdx.x) * (kThreads / kWarp) + warpOf();
  if (token >= tokens) return;
  splitPart(in.row(token), weights.delta, weights.rank, weights.eps, delta.row(token));
  splitPart(in.row(token) + weights.rank, weights.b, weights.state, weights.eps, b.row(token));
  splitPart(in.row(token) + weights.rank + weights.state, weights.c, weights.state, weights.eps,
            c.row(token));
}

}  // namespace

cudaError_t launch(const SplitNorm& op, const LaunchContext& context) {
  if (!areFloats(op.in, op.delta)) return cudaErrorInvalidValue;
  const gpu::Config config{dim3(static_cast<unsigned>(ceilDiv(op.in.rows, kThreads / kWarp))),
                           dim3(kThreads), 0, context.stream};
  return gpu::launch(
      config, splitNorm, rowsOf(op.in),
      splitWeights(op.deltaWeight, op.bWeight, op.cWeight, op.delta.cols, op.b.cols, op.eps),
      rowsOf(op.delta), rowsOf(op.b), rowsOf(op.c), op.in.rows);
}

}  // namespace lectern::kernels::cuda
