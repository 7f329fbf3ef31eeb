// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/gemv.cuh"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/products.h"

namespace lectern::kernels::cuda {

namespace {

// One token: an item is a row of the gate and its partner of up, so that their product needs no
// launch of its own. Floor: both weights' bytes.
template <DType kType, bool kWide>
__global__ void __launch_bounds__(kGemvThreads, kGemvResident)
    gateVector(PackedWeight gate, PackedWeight up, Rows in, float* out) {
  GPU_DYN_SHARED(unsigned char, room);
  const Activations<kType> x(in.data, gate, in.aligned, room);
  const auto chooseRows = [&](int64_t item, WeightRow(&rows)[2]) {
    rows[0] = rowOf(gate, 0, item);
    rows[1] = rowOf(up, 0, item);
  };
  const auto emit = [&](int64_t item, const float(&sums)[2]) {
    out[item] = silu(sums[0]) * sums[1];
  };
  gemvBlock<kType, 2, kWide>(x, gate.out, chooseRows, emit);
}

template <DType kType>
cudaError_t gateOne(const LinearGated& op, const LaunchContext& context) {
  const bool isWide = op.gate.out < kWideRows;
  const gpu::Config config{
      dim3(gemvBlocks(op.gate.out, isWide, context.multiprocessors)), dim3(kGemvThreads),
      static_cast<size_t>(activationBytes<kType>(ceilDiv(op.gate.in, kSpan))), context.stream};
  return gpu::launch(config, isWide ? &gateVector<kType, true> : &gateVector<kType, false>,
                     packedWeight(op.gate), packedWeight(op.up), rowsOf(op.in),
                     static_cast<float*>(op.out.data));
}

}  // namespace

int64_t workspaceBytes(const LinearGated& op, const LaunchContext& context) {
  return op.in.rows == 1 ? 0 : productBytes(op.gate, true, op.in.rows, context);
}

cudaError_t launch(const LinearGated& op, const LaunchContext& context) {
  if (!areFloats(op.in, op.out) || context.workspaceBytes < workspaceBytes(op, context)) {
    return cudaErrorInvalidValue;
  }
  if (op.in.rows == 1) {
    return withType(op.gate.dtype, [&](auto type) { return gateOne<type()>(op, context); });
  }
  const Product product{op.gate, op.up, op.in, op.out, {}, {}, ceilDiv(op.in.rows, kTileRows)};
  return multiply(product, context.workspace, context);
}

}  // namespace lectern::kernels::cuda
