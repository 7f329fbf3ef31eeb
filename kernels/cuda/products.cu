// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/product_kernels.h"
#include "kernels/cuda/products.h"

#include <algorithm>

namespace lectern::kernels::cuda {

namespace {

// Activations in the form of their weight's type, once for all columns: each number is read from
// memory here, and two or four times fewer bytes by every block of the product.
constexpr int kThreads = 128;

template <bool kBytes>
__global__ void __launch_bounds__(kThreads)
    narrowRows(Rows in, int count, int pitchSpans, void* numbers, SpanActivation* spans) {
  const int64_t row = blockIdx.y;
  const int four = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  const int span = four / 8;
  const int at = four * 4;
  const float4 v = loadFour(in.row(row) + at, count - at, in.aligned);
  const int64_t place = row * pitchSpans * kSpan + at;
  if constexpr (kBytes) {
    const QuantisedFour rounded = quantiseFour(v);
    if (span >= pitchSpans) return;
    *reinterpret_cast<uint32_t*>(static_cast<uint8_t*>(numbers) + place) = rounded.bytes;
    if (four % 8 == 0) spans[row * pitchSpans + span] = rounded.span;
  } else {
    if (span >= pitchSpans) return;
    gpu::st64(static_cast<__nv_bfloat16*>(numbers) + place,
              {packBFloat16(v.x, v.y), packBFloat16(v.z, v.w)});
  }
}

int64_t pitchSpansOf(int64_t in) {
  return roundUp(ceilDiv(in, kSpan), 2);
}
int64_t numberBytes(DType dtype, int64_t rows, int64_t in) {
  return roundUp(rows * pitchSpansOf(in) * kSpan * (dtype == DType::BF16 ? 2 : 1), 256);
}

cudaError_t narrow(const Tensor& in, DType dtype, Narrowed& to, cudaStream_t stream) {
  const int64_t fours = int64_t{to.pitchSpans} * kSpan / 4;
  const dim3 grid(static_cast<unsigned>(ceilDiv(fours, kThreads)), static_cast<unsigned>(in.rows));
  return gpu::launch(gpu::Config{grid, dim3(kThreads), 0, stream},
                     dtype == DType::BF16 ? &narrowRows<false> : &narrowRows<true>, rowsOf(in),
                     static_cast<int>(in.cols), to.pitchSpans, const_cast<void*>(to.numbers),
                     const_cast<SpanActivation*>(to.spans));
}

}  // namespace

int64_t narrowBytes(DType dtype, int64_t rows, int64_t in) {
  if (dtype == DType::F32) return 0;
  const int64_t spans = rows * pitchSpansOf(in) * static_cast<int64_t>(sizeof(SpanActivation));
  return numberBytes(dtype, rows, in) + (dtype == DType::BF16 ? 0 : roundUp(spans, 256));
}

cudaError_t multiply(const Product& product, void* room, const LaunchContext& context) {
  const DType dtype = product.weight.dtype;
  ProductArgs args{};
  args.weight = packedWeight(product.weight);
  if (product.second.isPresent()) args.second = packedWeight(product.second);
  args.in = rowsOf(product.in);
  args.out = rowsOf(product.out);
  args.bias = static_cast<const float*>(product.bias.data);
  args.grouping = product.grouping;
  args.rows = static_cast<int32_t>(product.out.rows);
  if (dtype == DType::F32) return multiplyFloats(args, product.tiles, context.stream);

  args.narrowed.numbers = room;
  args.narrowed.pitchSpans = static_cast<int32_t>(pitchSpansOf(product.weight.in));
  args.narrowed.spans = reinterpret_cast<const SpanActivation*>(
      static_cast<const char*>(room) + numberBytes(dtype, product.in.rows, product.weight.in));
  const cudaError_t error = narrow(product.in, dtype, args.narrowed, context.stream);
  if (error != cudaSuccess) return error;
  if (dtype == DType::BF16) return multiplyBFloat16(args, product.tiles, context.stream);
  return multiplyBytes(args, dtype, product.tiles, context.stream);
}

}  // namespace lectern::kernels::cuda
