// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/gemv.cuh"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/products.h"

#include <algorithm>

namespace lectern::kernels::cuda {

namespace {

// Which experts a token has is known to the device alone, and a recorded step must fit any choice:
// blocks read the numbers where Route left them. A use is a token with one of its experts, use
// t · topK + k, and row of the scratch: what went through gate and up behind the first H columns,
// what went through down in these.

// --- One token ---

struct Choices {
  const int32_t* experts;
  const float* weights;
  int topK;
};

template <DType kType>
__global__ void __launch_bounds__(kGemvThreads, kGemvResident)
    gateUses(PackedWeight gate, PackedWeight up, Rows in, Choices choices, Rows activated) {
  GPU_DYN_SHARED(unsigned char, room);
  const int use = static_cast<int>(blockIdx.y);
  const int64_t expert = choices.experts[use];
  const Activations<kType> x(in.data, gate, in.aligned, room);
  const auto chooseRows = [&](int64_t item, WeightRow(&rows)[2]) {
    rows[0] = rowOf(gate, expert, item);
    rows[1] = rowOf(up, expert, item);
  };
  const auto emit = [&](int64_t item, const float(&sums)[2]) {
    activated.row(use)[item] = silu(sums[0]) * sums[1];
  };
  gemvBlock<kType, 2, false>(x, gate.out, chooseRows, emit);
}

// Uses in their order; a row's sum stays with the thread that writes it.
constexpr int kRows = 2;
template <DType kType>
__global__ void __launch_bounds__(kGemvThreads, kGemvResident)
    lowerUses(PackedWeight down, Rows activated, Choices choices, float* out) {
  GPU_DYN_SHARED(unsigned char, room);
  for (int use = 0; use < choices.topK; ++use) {
    const int64_t expert = choices.experts[use];
    const float weight = choices.weights[use];
    const Activations<kType> x(activated.row(use), down, activated.aligned, room);
    const auto chooseRows = [&](int64_t item, WeightRow(&rows)[kRows]) {
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        rows[r] = rowOf(down, expert, min(item * kRows + r, down.out - 1));
      }
    };
    const auto emit = [&](int64_t item, const float(&sums)[kRows]) {
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        const int64_t row = item * kRows + r;
        if (row < down.out) out[row] = (use == 0 ? 0.0F : out[row]) + weight * sums[r];
      }
    };
    gemvBlock<kType, kRows, false>(x, ceilDiv(down.out, kRows), chooseRows, emit);
  }
}

Tensor activatedOf(const Experts& op) {
  return op.scratch.colRange(op.gate.in, op.gate.out);
}

template <DType kType>
cudaError_t gateOne(const Experts& op, const Choices& choices, const LaunchContext& context) {
  const gpu::Config config{dim3(gemvBlocks(op.gate.out, false, context.multiprocessors),
                                static_cast<unsigned>(choices.topK)),
                           dim3(kGemvThreads),
                           static_cast<size_t>(activationBytes<kType>(ceilDiv(op.gate.in, kSpan))),
                           context.stream};
  return gpu::launch(config, gateUses<kType>, packedWeight(op.gate), packedWeight(op.up),
                     rowsOf(op.in), choices, rowsOf(activatedOf(op)));
}
template <DType kType>
cudaError_t lowerOne(const Experts& op, const Choices& choices, const LaunchContext& context) {
  const gpu::Config config{
      dim3(gemvBlocks(ceilDiv(op.down.out, kRows), false, context.multiprocessors)),
      dim3(kGemvThreads), static_cast<size_t>(activationBytes<kType>(ceilDiv(op.down.in, kSpan))),
      context.stream};
  return gpu::launch(config, lowerUses<kType>, packedWeight(op.down), rowsOf(activatedOf(op)),
                     choices, static_cast<float*>(op.out.data));
}

cudaError_t launchOne(const Experts& op, const LaunchContext& context) {
  const Choices choices{static_cast<const int32_t*>(op.experts.data),
                        static_cast<const float*>(op.weights.data),
                        static_cast<int>(op.experts.cols)};
  const cudaError_t error =
      withType(op.gate.dtype, [&](auto type) { return gateOne<type()>(op, choices, context); });
  if (error != cudaSuccess) return error;
  return withType(op.down.dtype, [&](auto type) { return lowerOne<type()>(op, choices, context); });
}

// --- Many tokens: the uses are sorted by expert, and both products go through tiles of them ---

constexpr int kSortThreads = 256;

struct SortArgs {
  const int32_t* experts;
  int64_t stride;
  int topK;
  int uses;
  int count;  // of experts
  int tileRoom;
  RowTile* tiles;
  int32_t* order;

  [[nodiscard]] __device__ __forceinline__ int expertOf(int use) const {
    return experts[use / topK * stride + use % topK];
  }
};

// One block. Where a use lands within its expert is left to chance: no result depends on it.
__global__ void __launch_bounds__(kSortThreads) sortUses(SortArgs a) {
  GPU_DYN_SHARED(int, next);  // [experts] counts, then where the next use of each goes
  const int tid = static_cast<int>(threadIdx.x);
  for (int e = tid; e < a.count; e += kSortThreads) next[e] = 0;
  __syncthreads();
  for (int use = tid; use < a.uses; use += kSortThreads) atomicAdd(&next[a.expertOf(use)], 1);
  __syncthreads();
  if (tid == 0) {
    int first = 0;
    int tile = 0;
    for (int e = 0; e < a.count; ++e) {
      const int uses = next[e];
      next[e] = first;
      for (int at = 0; at < uses; at += kTileRows) {
        a.tiles[tile++] = {e, first + at, min(kTileRows, uses - at)};
      }
      first += uses;
    }
    for (; tile < a.tileRoom; ++tile) a.tiles[tile] = {0, 0, 0};
  }
  __syncthreads();
  for (int use = tid; use < a.uses; use += kSortThreads) {
    a.order[atomicAdd(&next[a.expertOf(use)], 1)] = use;
  }
}

constexpr int kSumThreads = 128;

__global__ void __launch_bounds__(kSumThreads)
    sumUses(Rows lowered, Rows weights, Rows out, int hidden, int topK) {
  const int64_t token = blockIdx.y;
  const int i = static_cast<int>(blockIdx.x * kSumThreads + threadIdx.x) * 4;
  if (i >= hidden) return;
  float4 sum{};
  for (int k = 0; k < topK; ++k) {
    const float weight = weights.row(token)[k];
    const float4 v = loadFour(lowered.row(token * topK + k) + i, hidden - i, lowered.aligned);
    sum = {sum.x + weight * v.x, sum.y + weight * v.y, sum.z + weight * v.z, sum.w + weight * v.w};
  }
  storeFour(out.row(token) + i, sum, hidden - i, out.aligned);
}

// How the workspace is divided.
struct Room {
  int64_t tiles;  // how many there may be
  int64_t orderOffset;
  int64_t narrowOffset;
  int64_t bytes;
};
Room roomOf(const Experts& op) {
  const int64_t uses = op.in.rows * op.experts.cols;
  Room room{};
  room.tiles = ceilDiv(uses, kTileRows) + std::min(op.gate.groups, uses);
  room.orderOffset = roundUp(room.tiles * static_cast<int64_t>(sizeof(RowTile)), 256);
  room.narrowOffset = room.orderOffset + roundUp(uses * 4, 256);
  room.bytes =
      room.narrowOffset + std::max(narrowBytes(op.gate, op.in.rows), narrowBytes(op.down, uses));
  return room;
}

cudaError_t launchMany(const Experts& op, const LaunchContext& context) {
  const Room room = roomOf(op);
  auto* base = static_cast<char*>(context.workspace);
  auto* tiles = reinterpret_cast<RowTile*>(base);
  auto* order = reinterpret_cast<int32_t*>(base + room.orderOffset);
  void* narrowRoom = base + room.narrowOffset;
  const auto topK = static_cast<int>(op.experts.cols);
  const auto hidden = static_cast<int>(op.gate.in);

  const SortArgs sort{static_cast<const int32_t*>(op.experts.data),
                      op.experts.stride,
                      topK,
                      static_cast<int>(op.in.rows) * topK,
                      static_cast<int>(op.gate.groups),
                      static_cast<int>(room.tiles),
                      tiles,
                      order};
  const gpu::Config sorting{dim3(1), dim3(kSortThreads), static_cast<size_t>(op.gate.groups) * 4,
                            context.stream};
  cudaError_t error = gpu::launch(sorting, sortUses, sort);
  if (error != cudaSuccess) return error;

  const Tensor activated = activatedOf(op);
  const Tensor lowered = op.scratch.colRange(0, op.gate.in);
  error = multiply({op.gate, op.up, op.in, activated, {}, {tiles, order, topK}, room.tiles},
                   narrowRoom, context);
  if (error != cudaSuccess) return error;
  error = multiply({op.down, {}, activated, lowered, {}, {tiles, order, 1}, room.tiles}, narrowRoom,
                   context);
  if (error != cudaSuccess) return error;
  const dim3 grid(static_cast<unsigned>(ceilDiv(op.gate.in, 4 * kSumThreads)),
                  static_cast<unsigned>(op.in.rows));
  return gpu::launch(gpu::Config{grid, dim3(kSumThreads), 0, context.stream}, sumUses,
                     rowsOf(lowered), rowsOf(op.weights), rowsOf(op.out), hidden, topK);
}

}  // namespace

int64_t workspaceBytes(const Experts& op, const LaunchContext& /*context*/) {
  return op.in.rows == 1 ? 0 : roomOf(op).bytes;
}

cudaError_t launch(const Experts& op, const LaunchContext& context) {
  if (!areFloats(op.in, op.out) || context.workspaceBytes < workspaceBytes(op, context)) {
    return cudaErrorInvalidValue;
  }
  return op.in.rows == 1 ? launchOne(op, context) : launchMany(op, context);
}

}  // namespace lectern::kernels::cuda
