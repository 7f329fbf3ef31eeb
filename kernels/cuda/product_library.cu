// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/product_kernels.h"
#include "kernels/cuda/product_library.h"

namespace lectern::kernels::cuda {

namespace {

// What a library leaves to do around its products, four columns a thread. The gate comes from the
// card's cache where it holds a chunk's.
constexpr int kThreads = 128;

__global__ void __launch_bounds__(kThreads)
    spreadBias(const float* bias, bool isAligned, Rows out, int count) {
  const int at = static_cast<int>(blockIdx.x * kThreads + threadIdx.x) * 4;
  if (at >= count) return;
  storeFour(out.row(blockIdx.y) + at, loadFour(bias + at, count - at, isAligned), count - at,
            out.aligned);
}

// out = silu(gate) · out
__global__ void __launch_bounds__(kThreads) applyGate(Rows gate, Rows out, int count) {
  const int at = static_cast<int>(blockIdx.x * kThreads + threadIdx.x) * 4;
  if (at >= count) return;
  const float4 g = loadFour(gate.row(blockIdx.y) + at, count - at, gate.aligned);
  float* place = out.row(blockIdx.y) + at;
  const float4 up = loadFour(place, count - at, out.aligned);
  storeFour(place, {silu(g.x) * up.x, silu(g.y) * up.y, silu(g.z) * up.z, silu(g.w) * up.w},
            count - at, out.aligned);
}

gpu::Config overFours(const Tensor& out, cudaStream_t stream) {
  return {
      dim3(static_cast<unsigned>(ceilDiv(out.cols, 4 * kThreads)), static_cast<unsigned>(out.rows)),
      dim3(kThreads), 0, stream};
}

bool isTaken(const Weight& weight, int64_t rows, const LaunchContext& context) {
  return weight.dtype == DType::BF16 && context.library != nullptr &&
         context.library->takes(rows, weight.out, roundUp(weight.in, kSpan));
}

int64_t gatePitch(const Weight& weight) {
  return roundUp(weight.out, 4);
}
int64_t gateBytes(const Weight& weight, int64_t rows) {
  return roundUp(rows * gatePitch(weight) * static_cast<int64_t>(sizeof(float)), 256);
}

// One matrix: a product for each term of the activations, the later ones added.
bool multiplyTerms(const Weight& weight,
                   const Narrowed& narrowed,
                   const Tensor& out,
                   bool adds,
                   void* workspace,
                   const LaunchContext& context) {
  LibraryProduct product;
  product.weight = weight.data;
  product.inner = product.weightPitch = roundUp(weight.in, kSpan);
  product.inPitch = int64_t{narrowed.pitchSpans} * kSpan;
  product.out = static_cast<float*>(out.data);
  product.outPitch = out.stride;
  product.rows = out.rows;
  product.outs = weight.out;
  product.in = narrowed.numbers;
  product.adds = adds;
  if (!context.library->multiply(product, workspace, context.stream)) return false;
  if (narrowed.restBytes == 0) return true;
  product.in = narrowed.numbers + narrowed.restBytes;
  product.adds = true;
  return context.library->multiply(product, workspace, context.stream);
}

}  // namespace

int64_t libraryBytes(const Weight& weight,
                     bool isGated,
                     int64_t rows,
                     const LaunchContext& context) {
  if (!isTaken(weight, rows, context)) return 0;
  return context.library->workspaceBytes() + (isGated ? gateBytes(weight, rows) : 0);
}

cudaError_t multiplyByLibrary(const Product& product,
                              const Narrowed& narrowed,
                              void* room,
                              const LaunchContext& context,
                              bool& done) {
  done = false;
  const bool isGrouped = product.grouping.tiles != nullptr;
  if (isGrouped || !isTaken(product.weight, product.out.rows, context)) return cudaSuccess;
  const auto count = static_cast<int>(product.out.cols);
  if (!product.second.isPresent()) {
    const bool isBiased = product.bias.isPresent();
    if (isBiased) {
      const Rows bias = rowsOf(product.bias);
      const cudaError_t error = gpu::launch(overFours(product.out, context.stream), spreadBias,
                                            bias.data, bias.aligned, rowsOf(product.out), count);
      if (error != cudaSuccess) return error;
    }
    done = multiplyTerms(product.weight, narrowed, product.out, isBiased, room, context);
    return cudaSuccess;
  }
  Tensor gate = product.out;
  gate.data = room;
  gate.stride = gatePitch(product.weight);
  void* workspace = static_cast<char*>(room) + gateBytes(product.weight, product.out.rows);
  done = multiplyTerms(product.weight, narrowed, gate, false, workspace, context) &&
         multiplyTerms(product.second, narrowed, product.out, false, workspace, context);
  if (!done) return cudaSuccess;
  return gpu::launch(overFours(product.out, context.stream), applyGate, rowsOf(gate),
                     rowsOf(product.out), count);
}

}  // namespace lectern::kernels::cuda
