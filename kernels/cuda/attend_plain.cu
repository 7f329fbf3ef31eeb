// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/attend_plain.h"
#include "kernels/cuda/device/cache.cuh"
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/warp.cuh"

#include <cmath>

namespace lectern::kernels::cuda {

namespace {

// Four rows of one key/value head a block, a row being a token and one of the heads that share the
// cache's; one warp a row. Keys of 64 tokens go through shared memory, so that a lane multiplies
// two tokens with the whole query; values are read straight from the cache, a channel a lane.
constexpr int kRows = 4;
constexpr int kThreads = kRows * kWarp;
constexpr int kTokens = 64;
constexpr int kHeld = kMaxHeadDim / kWarp;

struct PlainArgs {
  Rows q;
  Rows out;
  Cache cache;
  const int32_t* position;
  int tokens;
  int sharing;
  float scale;  // in base 2
  Partials partials;
};

// Without its scale.
template <class T>
__device__ __forceinline__ float numberAt(const T* row, int i) {
  if constexpr (sizeof(T) == 2) {
    return __bfloat162float(row[i]);
  } else {
    return static_cast<float>(row[i]);
  }
}
template <class T>
__device__ __forceinline__ float scaleOf(const CacheRow<const T>& rows, int token) {
  if constexpr (kHasScales<T>) {
    return rows.scale[token];
  } else {
    return 1;
  }
}

// One row's query, its weights of the block at hand, and what it has gathered.
struct PlainRow {
  const float* query;  // shared memory
  float* weights;      // shared memory
  float largest = -kInfinity;
  float sum = 0;
  float out[kHeld] = {};
};

// One block of tokens, of which the row sees the first `visible`, which may be none.
template <class T>
__device__ __forceinline__ void stepPlain(const PlainArgs& a,
                                          const float* keys,
                                          const CacheRow<const T>& values,
                                          int visible,
                                          PlainRow& row,
                                          float& blockSum) {
  const int width = a.cache.headDim;
  float scores[2];
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const int token = laneOf() + i * kWarp;
    scores[i] = -kInfinity;
    if (token >= visible) continue;
    float dot = 0;
    for (int d = 0; d < width; ++d) dot = fmaf(row.query[d], keys[token * (width + 1) + d], dot);
    scores[i] = dot * a.scale;
  }
  const float largest = fmaxf(row.largest, warpMax(fmaxf(scores[0], scores[1])));
  const float base = largest == -kInfinity ? 0.0F : largest;
  const float keep = gpu::exp2Approx(row.largest - base);
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    scores[i] = gpu::exp2Approx(scores[i] - base);
    const int token = laneOf() + i * kWarp;
    row.weights[token] = token < visible ? scores[i] * scaleOf(values, token) : 0.0F;
  }
  blockSum = warpSum(scores[0] + scores[1]);
  row.sum = row.sum * keep + blockSum;
  row.largest = largest;
  __syncwarp();
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const int d = laneOf() + k * kWarp;
    if (d >= width) continue;
    float value = row.out[k] * keep;
    for (int t = 0; t < visible; ++t) {
      value = fmaf(row.weights[t], numberAt(values.numbers + t * width, d), value);
    }
    row.out[k] = value;
  }
  __syncwarp();
}

template <class T>
__device__ __forceinline__ void fetchKeys(const CacheRow<const T>& from,
                                          int count,
                                          int width,
                                          float* keys) {
  for (int i = static_cast<int>(threadIdx.x); i < count * width; i += kThreads) {
    const int token = i / width;
    keys[token * (width + 1) + i % width] = numberAt(from.numbers, i) * scaleOf(from, token);
  }
}

template <class T, bool kSplit>
__global__ void __launch_bounds__(kThreads, 2) plain(PlainArgs a) {
  GPU_DYN_SHARED(float, keys);  // [64, D + 1], then the queries [4, D]
  GPU_SHARED(float, weights, [kRows][kTokens]);
  const int width = a.cache.headDim;
  const int head = static_cast<int>(blockIdx.y);
  const int first = static_cast<int>(blockIdx.x) * kRows;
  const int rows = a.tokens * a.sharing;
  const int own = min(first + warpOf(), rows - 1);
  const int token = own / a.sharing;
  const int queryHead = head * a.sharing + own % a.sharing;
  const int limit = *a.position + token + 1;
  const int blockLimit = *a.position + min(first + kRows, rows) / a.sharing + 1;
  const int seen = min(blockLimit, *a.position + a.tokens);
  const int blocks = ceilDiv(seen, kTokens);
  const int split = static_cast<int>(blockIdx.z);
  const SplitRange range =
      kSplit ? rangeOf(split, blocks, a.partials.splits) : SplitRange{0, blocks};
  if (range.first >= range.end) return;

  float* query = keys + kTokens * (width + 1) + warpOf() * width;
  for (int d = laneOf(); d < width; d += kWarp) {
    query[d] = a.q.row(token)[queryHead * width + d];
  }
  PlainRow row;
  row.query = query;
  row.weights = weights[warpOf()];
  for (int block = range.first; block < range.end; ++block) {
    const int firstToken = block * kTokens;
    const int count = min(seen - firstToken, kTokens);
    __syncthreads();
    fetchKeys(cacheRow<const T>(a.cache, false, head, firstToken), count, width, keys);
    __syncthreads();
    const int visible = min(limit - firstToken, kTokens);
    float blockSum = 0;
    stepPlain(a, keys, cacheRow<const T>(a.cache, true, head, firstToken), visible, row, blockSum);
    if (kSplit && a.partials.shares != nullptr && laneOf() == 0 && first + warpOf() < rows) {
      storeShare(a.partials, 0, block, queryHead, row.largest, blockSum);
    }
  }
  if (first + warpOf() >= rows) return;
  float* out = kSplit ? a.partials.out : a.out.row(token);
  const int64_t place = static_cast<int64_t>(split) * a.partials.heads + queryHead;
  if (kSplit && laneOf() == 0) {
    a.partials.largest[place] = row.largest;
    a.partials.sum[place] = row.sum;
  }
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const int d = laneOf() + k * kWarp;
    if (d >= width) continue;
    out[(kSplit ? place : queryHead) * width + d] = kSplit ? row.out[k] : row.out[k] / row.sum;
  }
}

template <bool kSplit>
cudaError_t launchPlain(const KvCache& cache,
                        int splits,
                        const PlainArgs& args,
                        const LaunchContext& context) {
  if (cache.headDim > kMaxHeadDim) return cudaErrorInvalidValue;
  const int64_t width = cache.headDim;
  const dim3 grid(static_cast<unsigned>(ceilDiv(args.tokens * args.sharing, kRows)),
                  static_cast<unsigned>(cache.kvHeads), static_cast<unsigned>(splits));
  const auto bytes = static_cast<size_t>((kTokens * (width + 1) + kRows * width) * 4);
  const gpu::Config config{grid, dim3(kThreads), bytes, context.stream};
  const auto kernel = cache.dtype == DType::I8     ? &plain<int8_t, kSplit>
                      : cache.dtype == DType::BF16 ? &plain<__nv_bfloat16, kSplit>
                                                   : &plain<float, kSplit>;
  return gpu::launch(config, kernel, args);
}

template <class Attend>
PlainArgs plainArgs(const Attend& op, const Partials& partials) {
  return {rowsOf(op.q),
          rowsOf(op.out),
          cacheOf(op.cache),
          op.at.position,
          static_cast<int>(op.q.rows),
          static_cast<int>(op.heads / op.cache.kvHeads),
          kLog2E / std::sqrt(static_cast<float>(op.cache.headDim)),
          partials};
}

}  // namespace

cudaError_t attendPlain(const AttendMany& op, const LaunchContext& context) {
  return launchPlain<false>(op.cache, 1, plainArgs(op, {}), context);
}

cudaError_t attendPlain(const AttendOne& op,
                        const Partials& partials,
                        const LaunchContext& context) {
  return launchPlain<true>(op.cache, partials.splits, plainArgs(op, partials), context);
}

}  // namespace lectern::kernels::cuda
