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
__global__ void __launch_bounds__(kThreads) narrowRows(Rows in, int count, Narrowed to) {
  const int64_t row = blockIdx.y;
  const int four = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  const int span = four / 8;
  const int at = four * 4;
  const float4 v = loadFour(in.row(row) + at, count - at, in.aligned);
  const int64_t place = row * to.pitchSpans * kSpan + at;
  if constexpr (kBytes) {
    const FourTerms terms = termsOfFour(v, min(kSpan, count - span * kSpan));
    if (span >= to.pitchSpans) return;
    *reinterpret_cast<uint32_t*>(to.numbers + place) = terms.first.bytes;
    *reinterpret_cast<uint32_t*>(to.numbers + to.restBytes + place) = terms.rest.bytes;
    if (four % 8 != 0) return;
    const int64_t spanPlace = (span / 2 * int64_t{to.rows} + row) * 2 + span % 2;
    to.spans[spanPlace] = terms.first.span;
    to.spans[to.restSpans + spanPlace] = terms.rest.span;
    if (terms.rest.span.scale != 0) atomicOr(&to.hasRest[span / 2], 1);
  } else {
    if (span >= to.pitchSpans) return;
    const uint32_t first = packBFloat16(v.x, v.y);
    const uint32_t second = packBFloat16(v.z, v.w);
    gpu::st64(to.numbers + place * 2, {first, second});
    if (to.restBytes == 0) return;
    gpu::st64(to.numbers + to.restBytes + place * 2,
              {packBFloat16(v.x - lowBFloat16(first), v.y - highBFloat16(first)),
               packBFloat16(v.z - lowBFloat16(second), v.w - highBFloat16(second))});
  }
}

// How the room is divided: the terms' numbers, their spans, which pairs of spans have a second one.
struct NarrowRoom {
  int64_t pitchSpans;
  int64_t numberBytes;  // of a term
  int64_t spanCount;
  int64_t spanOffset;
  int64_t hasRestOffset;
  int64_t hasRestBytes;
  int64_t bytes;
};
NarrowRoom narrowRoom(const Weight& weight, int64_t rows) {
  NarrowRoom room{};
  if (weight.dtype == DType::F32) return room;
  const bool areBytes = isQuantised(weight.dtype);
  room.pitchSpans = roundUp(ceilDiv(weight.in, kSpan), 2);
  room.numberBytes = roundUp(rows * room.pitchSpans * kSpan * (areBytes ? 1 : 2), 256);
  room.spanOffset = room.numberBytes * (areBytes || keepsFloats(weight) ? 2 : 1);
  room.bytes = room.spanOffset;
  if (!areBytes) return room;
  room.spanCount = roundUp(rows * room.pitchSpans, 32);
  room.hasRestOffset =
      room.spanOffset + 2 * room.spanCount * static_cast<int64_t>(sizeof(SpanActivation));
  room.hasRestBytes = room.pitchSpans / 2 * static_cast<int64_t>(sizeof(int32_t));
  room.bytes = roundUp(room.hasRestOffset + room.hasRestBytes, 256);
  return room;
}

cudaError_t narrow(
    const Tensor& in, const Weight& weight, void* place, Narrowed& to, cudaStream_t stream) {
  const NarrowRoom room = narrowRoom(weight, in.rows);
  const bool areBytes = isQuantised(weight.dtype);
  auto* base = static_cast<uint8_t*>(place);
  to.numbers = base;
  to.rows = static_cast<int32_t>(in.rows);
  to.pitchSpans = static_cast<int32_t>(room.pitchSpans);
  if (areBytes || keepsFloats(weight)) to.restBytes = room.numberBytes;
  if (areBytes) {
    to.spans = reinterpret_cast<SpanActivation*>(base + room.spanOffset);
    to.restSpans = room.spanCount;
    to.hasRest = reinterpret_cast<int32_t*>(base + room.hasRestOffset);
    const cudaError_t error =
        cudaMemsetAsync(to.hasRest, 0, static_cast<size_t>(room.hasRestBytes), stream);
    if (error != cudaSuccess) return error;
  }
  const int64_t fours = room.pitchSpans * kSpan / 4;
  const dim3 grid(static_cast<unsigned>(ceilDiv(fours, kThreads)), static_cast<unsigned>(in.rows));
  return gpu::launch(gpu::Config{grid, dim3(kThreads), 0, stream},
                     areBytes ? &narrowRows<true> : &narrowRows<false>, rowsOf(in),
                     static_cast<int>(in.cols), to);
}

// A product of few tiles leaves multiprocessors idle: x_proj's 192 outputs of a chunk have 16. Its
// inputs are then cut into parts, as many as make one block for each multiprocessor, whose sums lie
// behind one another in the workspace and are added in their order.
struct Parts {
  int64_t count;
  int64_t pitch;  // of the parts' rows, elements
  int64_t rows;

  [[nodiscard]] int64_t elements() const { return rows * pitch; }  // of a part
  [[nodiscard]] int64_t bytes() const {
    return count == 1 ? 0 : roundUp(count * elements() * static_cast<int64_t>(sizeof(float)), 256);
  }
};
Parts partsOf(const Weight& weight, int64_t rows, int multiprocessors) {
  Parts parts{1, roundUp(weight.out, 4), rows};
  if (weight.dtype == DType::F32) return parts;
  const int64_t blocks = ceilDiv(weight.out, kTileColumns) * ceilDiv(rows, kTileRows);
  // A stage is one span of bfloat16, and two of bytes.
  const int64_t stages = ceilDiv(weight.in, kSpan * (weight.dtype == DType::BF16 ? 1 : 2));
  parts.count = std::max<int64_t>(1, std::min(multiprocessors / blocks, stages / kLeastPartStages));
  return parts;
}

__global__ void __launch_bounds__(kThreads)
    joinParts(Rows from, int parts, int64_t partElements, const float* bias, Rows out, int2 size) {
  const int fours = ceilDiv(size.y, 4);
  const int index = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  const int row = index / fours;
  const int at = index % fours * 4;
  if (row >= size.x) return;
  const float* place = from.row(row) + at;
  float4 sum{};
#pragma unroll 4
  for (int part = 0; part < parts; ++part, place += partElements) {
    const float4 v = loadFour(place, size.y - at, from.aligned);
    sum = {sum.x + v.x, sum.y + v.y, sum.z + v.z, sum.w + v.w};
  }
  if (bias != nullptr) {
    const float4 v = loadFour(bias + at, size.y - at, false);
    sum = {sum.x + v.x, sum.y + v.y, sum.z + v.z, sum.w + v.w};
  }
  storeFour(out.row(row) + at, sum, size.y - at, out.aligned);
}

cudaError_t multiplyTiles(const ProductArgs& args,
                          const Product& product,
                          const LaunchContext& context) {
  const DType dtype = product.weight.dtype;
  if (dtype == DType::BF16) return multiplyBFloat16(args, product.tiles, context.stream);
  return multiplyBytes(args, dtype, product.tiles, context.stream);
}

cudaError_t multiplyParts(ProductArgs args,
                          const Product& product,
                          const Parts& parts,
                          void* room,
                          const LaunchContext& context) {
  const Rows out = args.out;
  const float* bias = args.bias;
  args.out = {static_cast<float*>(room), parts.pitch, true};
  args.bias = nullptr;
  args.parts = static_cast<int32_t>(parts.count);
  args.partElements = parts.elements();
  const cudaError_t error = multiplyTiles(args, product, context);
  if (error != cudaSuccess) return error;
  const auto columns = static_cast<int>(product.out.cols);
  const int64_t fours = args.rows * ceilDiv(int64_t{columns}, 4);
  return gpu::launch(gpu::Config{dim3(static_cast<unsigned>(ceilDiv(fours, kThreads))),
                                 dim3(kThreads), 0, context.stream},
                     joinParts, args.out, args.parts, args.partElements, bias, out,
                     int2{args.rows, columns});
}

}  // namespace

int64_t narrowBytes(const Weight& weight, int64_t rows) {
  return narrowRoom(weight, rows).bytes;
}

int64_t productBytes(const Weight& weight,
                     bool isGated,
                     int64_t rows,
                     const LaunchContext& context) {
  const int64_t parts = isGated ? 0 : partsOf(weight, rows, context.multiprocessors).bytes();
  return narrowBytes(weight, rows) + std::max(parts, libraryBytes(weight, isGated, rows, context));
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
  args.parts = 1;
  if (dtype == DType::F32) return multiplyFloats(args, product.tiles, context.stream);

  cudaError_t error = narrow(product.in, product.weight, room, args.narrowed, context.stream);
  if (error != cudaSuccess) return error;
  bool done = false;
  void* behind = static_cast<char*>(room) + narrowBytes(product.weight, product.in.rows);
  error = multiplyByLibrary(product, args.narrowed, behind, context, done);
  if (done || error != cudaSuccess) return error;
  const bool isWhole = product.second.isPresent() || product.grouping.tiles != nullptr;
  const Parts parts = partsOf(product.weight, product.out.rows, context.multiprocessors);
  if (isWhole || parts.count == 1) return multiplyTiles(args, product, context);
  return multiplyParts(args, product, parts, behind, context);
}

}  // namespace lectern::kernels::cuda
