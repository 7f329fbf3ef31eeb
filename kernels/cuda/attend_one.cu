// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/attend_plain.h"
#include "kernels/cuda/device/flash.cuh"
#include "kernels/cuda/launches.h"

#include <algorithm>
#include <cmath>

namespace lectern::kernels::cuda {

namespace {

// Bound by reading the cache once: blocks share a head's tokens (splits), and every tile is
// multiplied with all query heads that share it. The scores go through tensor cores, because at
// 16 and more heads the float32 units of a large GPU could not keep up with its memory.
constexpr int kThreads = 128;
constexpr int kWarps = kThreads / kWarp;
constexpr int kMergeThreads = 128;
constexpr int kMergeBlocks = 128;  // of 64 tokens, that a block of the merge brings together
// Below 512 tokens a split's own partial results are more than 1/16 of what it reads, of bytes 1/8.
constexpr int64_t kLeastBlocks = 8;

struct SplitArgs {
  Rows q;
  Cache cache;
  const int32_t* position;
  int sharing;
  float scale;
  Partials partials;
};

// Where the warps of a block bring their results together: in the memory of the tiles.
template <int kWidth>
struct MergeRoom {
  float out[kWarps][kRowsOfWarp][kWidth + 8];  // eight rows' pairs in different banks
};

// The warps of a block are kWarps / kSubsets groups of 16 heads; kSubsets warps share the tokens of
// a tile. Two blocks a multiprocessor, as planOf makes them, may take all the registers they want.
template <class T, int kWidth, int kSubsets>
__global__ void __launch_bounds__(kThreads, 2) flashSplit(SplitArgs a) {
  constexpr int kRows = kRowsOfWarp * kWarps / kSubsets;
  constexpr int kTokens = kTileTokens / kSubsets;
  using Room = FlashRoom<T, kWidth>;
  static_assert(sizeof(MergeRoom<kWidth>) <= sizeof(Room));
  GPU_DYN_SHARED(Room, tiles);
  GPU_SHARED(float, warpLargest, [kWarps][kRowsOfWarp]);
  GPU_SHARED(float, warpSums, [kWarps][kRowsOfWarp]);
  const int head = static_cast<int>(blockIdx.y);
  const int split = static_cast<int>(blockIdx.x);
  const int tokens = *a.position + 1;
  const int blocks = ceilDiv(tokens, kTileTokens);
  const SplitRange range = rangeOf(split, blocks, a.partials.splits);
  if (range.first >= range.end) return;

  const int subset = warpOf() % kSubsets;
  const int width = a.cache.headDim;
  const int firstSharer = static_cast<int>(blockIdx.z) * kRows;
  int sharer[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    sharer[half] = firstSharer + warpOf() / kSubsets * kRowsOfWarp + half * 8 + laneOf() / 4;
  }
  FlashState<kWidth> state;
  startFlash(state, width, a.q.aligned, [&](int half) {
    return sharer[half] < a.sharing
               ? a.q.data + static_cast<int64_t>(head * a.sharing + sharer[half]) * width
               : nullptr;
  });

  const auto step = [&](int block, auto& numbers, const auto& stage) {
    const int seen = tokens - block * kTileTokens;
    const int limit[2] = {seen, seen};
    TileShare shares[2];
    stepFlash<kTokens>(state, numbers, stage, subset * kTokens, limit, a.scale, shares);
    if (a.partials.shares == nullptr) return;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float sum = warpSum<4>(shares[half].sum);
      if (laneOf() % 4 != 0 || sharer[half] >= a.sharing) continue;
      storeShare(a.partials, subset, block, head * a.sharing + sharer[half], shares[half].largest,
                 sum);
    }
  };
  walkTiles<kThreads>(a.cache, head, range.first, range.end, tokens, *tiles, step);

#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float sum = warpSum<4>(state.sum[half]);
    if (laneOf() % 4 != 0) continue;
    warpLargest[warpOf()][half * 8 + laneOf() / 4] = state.largest[half];
    warpSums[warpOf()][half * 8 + laneOf() / 4] = sum;
  }
  __syncthreads();
  auto& room = *reinterpret_cast<MergeRoom<kWidth>*>(tiles);
  const int firstWarp = warpOf() / kSubsets * kSubsets;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = half * 8 + laneOf() / 4;
    float largest = -kInfinity;
#pragma unroll
    for (int w = 0; w < kSubsets; ++w) largest = fmaxf(largest, warpLargest[firstWarp + w][row]);
    const float keep = gpu::exp2Approx(state.largest[half] - largest);
#pragma unroll
    for (int tile = 0; tile < kWidth / 8; ++tile) {
      float* to = &room.out[warpOf()][row][tile * 8 + laneOf() % 4 * 2];
      storeTwo(to, state.out[tile][2 * half] * keep, state.out[tile][2 * half + 1] * keep, true);
    }
  }
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < kRows * kWidth; i += kThreads) {
    const int row = i / kWidth;
    const int channel = i % kWidth;
    const int warp = row / kRowsOfWarp * kSubsets;
    const int place = row % kRowsOfWarp;
    if (firstSharer + row >= a.sharing || channel >= width) continue;
    float largest = -kInfinity;
#pragma unroll
    for (int w = 0; w < kSubsets; ++w) largest = fmaxf(largest, warpLargest[warp + w][place]);
    float value = 0;
    float sum = 0;
#pragma unroll
    for (int w = 0; w < kSubsets; ++w) {
      value += room.out[warp + w][place][channel];
      sum += warpSums[warp + w][place] * gpu::exp2Approx(warpLargest[warp + w][place] - largest);
    }
    const int64_t to =
        static_cast<int64_t>(split) * a.partials.heads + head * a.sharing + firstSharer + row;
    a.partials.out[to * width + channel] = value;
    if (channel == 0) {
      a.partials.largest[to] = largest;
      a.partials.sum[to] = sum;
    }
  }
}

struct MergeArgs {
  Partials partials;
  const int32_t* position;
  float* out;
  const float* headWeight;
  float* mass;
  int width;
};

struct Total {
  float largest;
  float sum;
};
__device__ __forceinline__ Total totalOf(const Partials& p, int head, int used) {
  Total total{-kInfinity, 0};
  for (int s = 0; s < used; ++s) {
    total.largest = fmaxf(total.largest, p.largest[s * p.heads + head]);
  }
  for (int s = 0; s < used; ++s) {
    total.sum +=
        p.sum[s * p.heads + head] * gpu::exp2Approx(p.largest[s * p.heads + head] - total.largest);
  }
  return total;
}

__device__ __forceinline__ void mergeHead(const MergeArgs& a, int head, int used) {
  const Partials& p = a.partials;
  const Total total = totalOf(p, head, used);
  for (int i = static_cast<int>(threadIdx.x); i < a.width; i += kMergeThreads) {
    float value = 0;
    for (int s = 0; s < used; ++s) {
      const int64_t place = static_cast<int64_t>(s) * p.heads + head;
      value += p.out[place * a.width + i] * gpu::exp2Approx(p.largest[place] - total.largest);
    }
    a.out[static_cast<int64_t>(head) * a.width + i] = value / total.sum;
  }
}

// The tap: a warp a block of 64 tokens, a lane a head. `totals` [heads] is shared memory.
__device__ __forceinline__ void mergeMass(
    const MergeArgs& a, int first, int blocks, int used, Total* totals) {
  const Partials& p = a.partials;
  for (int head = static_cast<int>(threadIdx.x); head < p.heads; head += kMergeThreads) {
    totals[head] = totalOf(p, head, used);
  }
  __syncthreads();
  const int end = min(first + kMergeBlocks, blocks);
  for (int block = first + warpOf(); block < end; block += kMergeThreads / kWarp) {
    float mass = 0;
    for (int head = laneOf(); head < p.heads; head += kWarp) {
      float share = 0;
      for (int subset = 0; subset < p.subsets; ++subset) {
        const float2 of = loadTwo(shareOf(p, subset, block, head), true);
        if (of.y > 0) share += of.y * gpu::exp2Approx(of.x - totals[head].largest);
      }
      mass += a.headWeight[head] * (share / totals[head].sum);
    }
    mass = warpSum(mass);
    if (laneOf() == 0) a.mass[block] = mass;
  }
}

__global__ void __launch_bounds__(kMergeThreads) merge(MergeArgs a) {
  GPU_DYN_SHARED(Total, totals);
  const int blocks = ceilDiv(*a.position + 1, kTileTokens);
  const int used = ceilDiv(blocks, blocksOfSplit(blocks, a.partials.splits));
  const auto index = static_cast<int>(blockIdx.x);
  if (index < a.partials.heads) {
    mergeHead(a, index, used);
  } else {
    const int first = (index - a.partials.heads) * kMergeBlocks;
    if (first < blocks) mergeMass(a, first, blocks, used, totals);
  }
}

// How a token's attention is divided.
struct Plan {
  int subsets;  // of a tile's tokens, a warp each
  int groups;   // of the heads that share a key/value head, a block each
  int splits;
  int64_t blocks;  // of 64 tokens in the cache
};
Plan planOf(const AttendOne& op, int multiprocessors, int64_t expectedTokens) {
  const int64_t sharing = op.heads / op.cache.kvHeads;
  Plan plan{};
  plan.subsets = suitsTensorCores(op.cache) ? (sharing <= 16 ? 4 : sharing <= 32 ? 2 : 1) : 1;
  plan.groups = static_cast<int>(ceilDiv(sharing, kRowsOfWarp * kWarps / plan.subsets));
  plan.blocks = op.cache.pageCount * op.cache.pageTokens / AttendOne::kBlockTokens;
  const int64_t expected = expectedTokens > 0
                               ? std::min(ceilDiv(expectedTokens, kTileTokens), plan.blocks)
                               : plan.blocks;
  const int64_t wanted = ceilDiv(2 * int64_t{multiprocessors}, op.cache.kvHeads * plan.groups);
  plan.splits = static_cast<int>(std::clamp<int64_t>(expected / kLeastBlocks, 1, wanted));
  return plan;
}

int64_t partialFloats(const Plan& plan, const AttendOne& op) {
  return roundUp(plan.splits * op.heads * (op.cache.headDim + 2), 4);
}
int64_t shareFloats(const Plan& plan, const AttendOne& op) {
  return op.mass.isPresent() ? 2 * plan.subsets * op.heads * plan.blocks : 0;
}

Partials partialsOf(const Plan& plan, const AttendOne& op, void* workspace) {
  const int64_t rows = plan.splits * op.heads;
  auto* room = static_cast<float*>(workspace);
  Partials partials{};
  partials.out = room;
  partials.largest = room + rows * op.cache.headDim;
  partials.sum = partials.largest + rows;
  if (op.mass.isPresent()) {
    partials.shares = room + partialFloats(plan, op);
  }
  partials.splits = plan.splits;
  partials.heads = static_cast<int>(op.heads);
  partials.subsets = plan.subsets;
  partials.blocks = static_cast<int>(plan.blocks);
  return partials;
}

template <class T, int kWidth, int kSubsets>
cudaError_t launchFlash(const AttendOne& op,
                        const Plan& plan,
                        const Partials& partials,
                        const LaunchContext& context) {
  const SplitArgs args{rowsOf(op.q),
                       cacheOf(op.cache),
                       op.at.position,
                       static_cast<int>(op.heads / op.cache.kvHeads),
                       kLog2E / std::sqrt(static_cast<float>(op.cache.headDim)),
                       partials};
  const dim3 grid(static_cast<unsigned>(plan.splits), static_cast<unsigned>(op.cache.kvHeads),
                  static_cast<unsigned>(plan.groups));
  return gpu::launch(
      gpu::Config{grid, dim3(kThreads), sizeof(FlashRoom<T, kWidth>), context.stream},
      flashSplit<T, kWidth, kSubsets>, args);
}

cudaError_t launchSplits(const AttendOne& op,
                         const Plan& plan,
                         const Partials& partials,
                         const LaunchContext& context) {
  if (!suitsTensorCores(op.cache)) return attendPlain(op, partials, context);
  return withFlash(op.cache, [&]<class T, int kWidth>() {
    switch (plan.subsets) {
      case 4:
        return launchFlash<T, kWidth, 4>(op, plan, partials, context);
      case 2:
        return launchFlash<T, kWidth, 2>(op, plan, partials, context);
      default:
        return launchFlash<T, kWidth, 1>(op, plan, partials, context);
    }
  });
}

}  // namespace

int64_t workspaceBytes(const AttendOne& op, const LaunchContext& context) {
  // As for the whole cache: a shorter sequence has fewer splits.
  const Plan plan = planOf(op, context.multiprocessors, 0);
  return 4 * (partialFloats(plan, op) + shareFloats(plan, op));
}

cudaError_t launch(const AttendOne& op, const LaunchContext& context) {
  if (!areFloats(op.q, op.out) || context.workspaceBytes < workspaceBytes(op, context)) {
    return cudaErrorInvalidValue;
  }
  const Plan plan = planOf(op, context.multiprocessors, context.contextBucketTokens);
  const Partials partials = partialsOf(plan, op, context.workspace);
  const cudaError_t error = launchSplits(op, plan, partials, context);
  if (error != cudaSuccess) return error;
  const MergeArgs args{partials,
                       op.at.position,
                       static_cast<float*>(op.out.data),
                       static_cast<const float*>(op.headWeight.data),
                       static_cast<float*>(op.mass.data),
                       static_cast<int>(op.cache.headDim)};
  const int64_t massBlocks = op.mass.isPresent() ? ceilDiv(plan.blocks, kMergeBlocks) : 0;
  const gpu::Config config{dim3(static_cast<unsigned>(op.heads + massBlocks)), dim3(kMergeThreads),
                           static_cast<size_t>(op.heads) * sizeof(Total), context.stream};
  return gpu::launch(config, merge, args);
}

}  // namespace lectern::kernels::cuda
