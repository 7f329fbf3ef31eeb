// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/weights.cuh"
#include "kernels/cuda/launches.h"

namespace lectern::kernels::cuda {

namespace {

// A lookup is exact: what a row holds, in float32. One block a token; four numbers a thread.
constexpr int kThreads = 128;

template <DType kType>
__device__ __forceinline__ float4 elementsOf(const WeightRow& row, int first, int spans) {
  if constexpr (kType == DType::F32) {
    return asFloats(gpu::ld128(row.low + first * 4));
  } else if constexpr (kType == DType::BF16) {
    const uint2 pairs = gpu::ld64(row.low + first * 2);
    return {lowBFloat16(pairs.x), highBFloat16(pairs.x), lowBFloat16(pairs.y),
            highBFloat16(pairs.y)};
  } else {
    constexpr int kBits = kQuantised<kType>.bits;
    const int span = first / kSpan;
    const int q = first % kSpan / 4;
    const int run = kBits == 8 && q >= 4 ? spans + span : span;
    const uint32_t low = *reinterpret_cast<const uint32_t*>(row.low + run * 16 + q % 4 * 4);
    uint32_t high = 0;
    if constexpr (kBits == 5) high = *reinterpret_cast<const uint32_t*>(row.high + span * 4);
    if constexpr (kBits == 6) {
      high = *reinterpret_cast<const uint32_t*>(row.high + span * 8 + q / 4 * 4);
    }
    uint32_t block = 0;
    if constexpr (kQuantised<kType>.isNested) {
      block = *reinterpret_cast<const uint32_t*>(row.block + span / 8 * 4);
    }
    const SpanScale scales = scaleOf<kType>(loadScale<kType>(row, span), block);
    const float scale = q < 4 ? scales.first : scales.second;
    const float offset =
        kQuantised<kType>.hasLeast ? scales.least : static_cast<float>(-kZero<kType>) * scale;
    const uint32_t quad = quadOf<kType>(low, high, q);
    const auto element = [&](int j) {
      const uint32_t byte = quad >> (8 * j) & 0xFFU;
      const int quant = kBits == 8 ? static_cast<int8_t>(byte) : static_cast<int>(byte);
      return scale * static_cast<float>(quant) + offset;
    };
    return {element(0), element(1), element(2), element(3)};
  }
}

template <DType kType>
__global__ void __launch_bounds__(kThreads)
    embedRows(PackedWeight table, const int32_t* ids, Rows out) {
  const int64_t token = blockIdx.x;
  const WeightRow row = rowOf(table, 0, ids[token]);
  for (int i = static_cast<int>(threadIdx.x) * 4; i < table.in; i += kThreads * 4) {
    storeFour(out.row(token) + i, elementsOf<kType>(row, i, table.spans), table.in - i,
              out.aligned);
  }
}

}  // namespace

cudaError_t launch(const EmbedRows& op, const LaunchContext& context) {
  if (!areFloats(op.out)) return cudaErrorInvalidValue;
  return withType(op.table.dtype, [&](auto type) {
    const gpu::Config config{dim3(static_cast<unsigned>(op.ids.cols)), dim3(kThreads), 0,
                             context.stream};
    return gpu::launch(config, embedRows<type()>, packedWeight(op.table),
                       static_cast<const int32_t*>(op.ids.data), rowsOf(op.out));
  });
}

}  // namespace lectern::kernels::cuda
