// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/gemv.cuh"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/products.h"

namespace lectern::kernels::cuda {

namespace {

// One token. Two rows an item: with two steps under way a lane has four requests of 16 bytes in
// flight. Floor: the weight's bytes.
constexpr int kRows = 2;

template <DType kType, bool kWide>
__global__ void __launch_bounds__(kGemvThreads, kGemvResident)
    multiplyVector(PackedWeight weight, Rows in, const float* bias, float* out) {
  GPU_DYN_SHARED(unsigned char, room);
  const Activations<kType> x(in.data, weight, in.aligned, room);
  const auto chooseRows = [&](int64_t item, WeightRow(&rows)[kRows]) {
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      rows[r] = rowOf(weight, 0, min(item * kRows + r, weight.out - 1));
    }
  };
  const auto emit = [&](int64_t item, const float(&sums)[kRows]) {
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const int64_t row = item * kRows + r;
      if (row < weight.out) out[row] = bias == nullptr ? sums[r] : sums[r] + bias[row];
    }
  };
  gemvBlock<kType, kRows, kWide>(x, ceilDiv(weight.out, kRows), chooseRows, emit);
}

template <DType kType>
cudaError_t multiplyOne(const Linear& op, const LaunchContext& context) {
  const bool isWide = op.weight.out < kWideRows;
  const gpu::Config config{
      dim3(gemvBlocks(ceilDiv(op.weight.out, kRows), isWide, context.multiprocessors)),
      dim3(kGemvThreads), static_cast<size_t>(activationBytes<kType>(ceilDiv(op.weight.in, kSpan))),
      context.stream};
  const auto kernel = isWide ? &multiplyVector<kType, true> : &multiplyVector<kType, false>;
  return gpu::launch(config, kernel, packedWeight(op.weight), rowsOf(op.in),
                     static_cast<const float*>(op.bias.data), static_cast<float*>(op.out.data));
}

}  // namespace

int64_t workspaceBytes(const Linear& op, const LaunchContext& context) {
  return op.in.rows == 1 ? 0 : productBytes(op.weight, false, op.in.rows, context);
}

cudaError_t launch(const Linear& op, const LaunchContext& context) {
  if (!areFloats(op.in, op.bias, op.out) || context.workspaceBytes < workspaceBytes(op, context)) {
    return cudaErrorInvalidValue;
  }
  if (op.in.rows == 1) {
    return withType(op.weight.dtype, [&](auto type) { return multiplyOne<type()>(op, context); });
  }
  const Product product{op.weight, {}, op.in, op.out, op.bias, {}, ceilDiv(op.in.rows, kTileRows)};
  return multiply(product, context.workspace, context);
}

}  // namespace lectern::kernels::cuda
