// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/swizzle.cuh"
#include "kernels/cuda/product_kernels.h"

namespace lectern::kernels::cuda {

namespace {

// Quantised weights meet activations of bytes on the integer tensor cores: a span of 32 inputs is
// one step of mma, whose exact sums are scaled by the span's two scales and added in float32, as
// in dotSpan (device/gemv.cuh). 64 rows by 128 columns a block, two spans a stage, eight warps of
// 32 by 32. The weight stays packed on its way through shared memory.
constexpr int kThreads = 256;
constexpr int kColumns = kTileColumns;
constexpr int kSpans = 2;
constexpr int kStages = 3;
constexpr int kWarpRows = 32;
constexpr int kWarpColumns = 32;

// Bytes of a column's planes for one span.
template <DType kType>
struct SpanBytes {
  static constexpr int kLow = kQuantised<kType>.bits == 8 ? 32 : 16;
  static constexpr int kHigh = kQuantised<kType>.bits == 8 ? 0 : 4 * (kQuantised<kType>.bits - 4);
  static constexpr int kScale = kHasScaleAndLeast<kType> ? 4 : 2;
};

// Sixteen bytes behind each column's low bytes put the words that eight columns' lanes read at once
// into different banks.
template <DType kType>
struct Stage {
  using Bytes = SpanBytes<kType>;
  static constexpr int kLowPitch = kSpans * Bytes::kLow + 16;
  static constexpr int kHighPitch = kSpans * Bytes::kHigh;
  static constexpr int kScalePitch = kSpans * Bytes::kScale;

  static_assert(kSpans == 2, "they are brought in by pairs");
  Tile64<kTileRows> rows;
  SpanActivation spans[kTileRows][kSpans];
  unsigned char low[kColumns * kLowPitch];
  unsigned char high[kHighPitch == 0 ? 16 : kColumns * kHighPitch];
  unsigned char scale[kColumns * kScalePitch];
  uint32_t block[kColumns];

  [[nodiscard]] __device__ __forceinline__ uint32_t lowWord(int column, int span, int q) const {
    const int run = Bytes::kLow == 32 ? q / 4 * kSpans + span : span;
    return *reinterpret_cast<const uint32_t*>(low + column * kLowPitch + run * 16 + q % 4 * 4);
  }
  [[nodiscard]] __device__ __forceinline__ uint32_t highWord(int column, int span, int q) const {
    if constexpr (Bytes::kHigh == 0) return 0;
    const int word = Bytes::kHigh == 8 ? q / 4 * 4 : 0;
    return *reinterpret_cast<const uint32_t*>(high + column * kHighPitch + span * Bytes::kHigh +
                                              word);
  }
  [[nodiscard]] __device__ __forceinline__ SpanScale scaleAt(int column, int span) const {
    const unsigned char* from = scale + column * kScalePitch + span * Bytes::kScale;
    uint32_t bits;
    if constexpr (Bytes::kScale == 4) {
      bits = *reinterpret_cast<const uint32_t*>(from);
    } else {
      bits = *reinterpret_cast<const uint16_t*>(from);
    }
    return scaleOf<kType>(bits, kQuantised<kType>.isNested ? block[column] : 0);
  }
};

// What is a few bytes a span of a column: its scales, high bits and blocks. Memory brings 32 bytes
// at once, so the two threads of a column take half of such a sector each, one sector ahead, and
// put what a stage needs into shared memory from registers. `kSpansOfHalf` spans are sixteen bytes.
template <int kSpansOfHalf>
struct Strip {
  static constexpr int kWords = kSpansOfHalf >= 8 ? 1 : 8 / kSpansOfHalf;  // of a stage

  const uint8_t* row;
  int rowBytes;
  int sector;  // the one that is held
  uint4 held;
  uint4 next;

  __device__ __forceinline__ void start(const uint8_t* from, int64_t bytes) {
    row = from;
    rowBytes = static_cast<int>(bytes);
    sector = -1;
    next = load(0);
  }
  [[nodiscard]] __device__ __forceinline__ uint4 load(int which) const {
    const int place = which * 32 + static_cast<int>(threadIdx.x) % 2 * 16;
    return place < rowBytes ? gpu::ldReadOnly128(row + place) : uint4{};
  }
  __device__ __forceinline__ void put(int span, unsigned char* to) {
    const int wanted = span / (2 * kSpansOfHalf);
    if (wanted != sector) {
      held = wanted == sector + 1 ? next : load(wanted);
      next = load(wanted + 1);
      sector = wanted;
    }
    if (span / kSpansOfHalf % 2 != static_cast<int>(threadIdx.x) % 2) return;
    const int word = span % kSpansOfHalf * 4 / kSpansOfHalf;
    if constexpr (kWords == 4) {
      gpu::st128(to, held);
    } else if constexpr (kWords == 2) {
      gpu::st64(to, word == 0 ? uint2{held.x, held.y} : uint2{held.z, held.w});
    } else {
      *reinterpret_cast<uint32_t*>(to) = word == 0   ? held.x
                                         : word == 1 ? held.y
                                         : word == 2 ? held.z
                                                     : held.w;
    }
  }
};

// Two threads a column, ordered so that eight of them, which shared memory serves together, have
// every second column: at the low bytes' pitch of 48 or 80 these lie in different banks.
__device__ __forceinline__ int ownColumn() {
  const int pair = static_cast<int>(threadIdx.x) / 2;
  return pair / 8 * 8 + pair % 4 * 2 + pair / 4 % 2;
}

// What one thread brings to every stage: a chunk of a row, and one of the two halves of a column.
template <DType kType>
struct Source {
  const uint8_t* row;
  const SpanActivation* spans;
  int64_t pairPitch;  // of these
  const uint8_t* low;
  int64_t restBytes;
  int64_t restSpans;
  Strip<16 / SpanBytes<kType>::kScale> scale;
  Strip<kQuantised<kType>.bits == 5 ? 4 : 2> high;
  Strip<32> block;
};

template <DType kType, bool kGated>
__device__ __forceinline__ Source<kType> sourceOf(const ProductArgs& a,
                                                  const BlockRows& block,
                                                  int64_t firstOutput) {
  const int tid = static_cast<int>(threadIdx.x);
  const int64_t pitch = a.narrowed.pitchSpans;
  const PlaneLayout& planes = a.weight.planes;
  const WeightRow column =
      columnRow<kGated, kWarpColumns / 2>(a, block.tile.group, firstOutput, ownColumn());
  Source<kType> source;
  source.row = a.narrowed.numbers + block.inRow(tid / 4) * pitch * kSpan + tid % 4 * 16;
  source.spans = a.narrowed.spans + block.inRow(tid % kTileRows) * 2;
  source.pairPitch = int64_t{a.narrowed.rows} * 2;
  source.low = column.low;
  source.restBytes = a.narrowed.restBytes;
  source.restSpans = a.narrowed.restSpans;
  source.scale.start(column.scale, planes.scaleRowBytes);
  if constexpr (SpanBytes<kType>::kHigh > 0) source.high.start(column.high, planes.highRowBytes);
  if constexpr (kQuantised<kType>.isNested) source.block.start(column.block, planes.blockRowBytes);
  return source;
}

// The spans behind the last one of a weight are zeros: of the low plane because nothing is copied,
// of all else because it was filled up so.
template <DType kType>
__device__ __forceinline__ void fetch(
    Source<kType>& source, const Steps& steps, int step, int spans, Stage<kType>& s) {
  using Bytes = SpanBytes<kType>;
  const int tid = static_cast<int>(threadIdx.x);
  const bool isRest = steps.isRest(step);
  const int span = steps.stage(step) * kSpans;
  gpu::cpAsync16(s.rows.at(tid / 4, tid % 4),
                 source.row + (isRest ? source.restBytes : 0) + span * kSpan);
  if (tid < kTileRows) {
    gpu::cpAsync16(s.spans[tid], source.spans + (isRest ? source.restSpans : 0) +
                                     steps.stage(step) * source.pairPitch);
  }

  const int column = ownColumn();
  const int part = tid % 2;
  const bool isThere = span + part < spans;
#pragma unroll
  for (int half = 0; half < Bytes::kLow / 16; ++half) {
    const int run = isThere ? half * spans + span + part : 0;
    gpu::cpAsync16ZeroFill(s.low + column * s.kLowPitch + (half * kSpans + part) * 16,
                           source.low + static_cast<int64_t>(run) * 16, isThere ? 16 : 0);
  }
  source.scale.put(span, s.scale + column * s.kScalePitch);
  if constexpr (Bytes::kHigh > 0) source.high.put(span, s.high + column * s.kHighPitch);
  if constexpr (kQuantised<kType>.isNested) {
    source.block.put(span, reinterpret_cast<unsigned char*>(&s.block[column]));
  }
}

using Sums = float[kWarpRows / 16][kWarpColumns / 8][4];

// The exact sums of one span of a 16 × 8 piece. Types with 16 inputs a scale have two: the step is
// taken twice, each time with the other half left out.
template <DType kType>
struct PieceSums {
  int32_t first[4];
  int32_t second[4];
};
template <DType kType>
__device__ __forceinline__ PieceSums<kType> multiplyPiece(const uint32_t (&left)[4],
                                                          const uint32_t (&right)[2]) {
  PieceSums<kType> sums{};
  if constexpr (kQuantised<kType>.group == 16) {
    const uint32_t low[2] = {right[0], 0};
    const uint32_t high[2] = {0, right[1]};
    gpu::mmaS8(sums.first, left, low);
    gpu::mmaS8(sums.second, left, high);
  } else {
    gpu::mmaS8(sums.first, left, right);
  }
  return sums;
}

template <DType kType>
__device__ __forceinline__ float scaled(const PieceSums<kType>& sums,
                                        int i,
                                        const SpanScale& scale,
                                        SpanActivation activation) {
  const int first = firstSum(activation.sums);
  const int second = secondSum(activation.sums);
  float sum;
  if constexpr (kQuantised<kType>.group == 16) {
    sum = scale.first * static_cast<float>(sums.first[i] - kZero<kType> * first) +
          scale.second * static_cast<float>(sums.second[i] - kZero<kType> * second);
  } else {
    sum = scale.first * static_cast<float>(sums.first[i] - kZero<kType> * (first + second));
  }
  if constexpr (kQuantised<kType>.hasLeast) {
    sum += scale.least * static_cast<float>(first + second);
  }
  return activation.scale * sum;
}

template <DType kType>
__device__ __forceinline__ void multiplySpan(
    Stage<kType>& stage, int span, int firstRow, int firstColumn, Sums& sums) {
  const int lane = laneOf();
  uint32_t left[kWarpRows / 16][4];
  SpanActivation activations[kWarpRows / 16][2];
#pragma unroll
  for (int i = 0; i < kWarpRows / 16; ++i) {
    gpu::ldmatrixX4(left[i],
                    stage.rows.at(firstRow + i * 16 + leftRow(lane), span * 2 + leftChunk(lane)));
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      activations[i][half] = stage.spans[firstRow + i * 16 + half * 8 + lane / 4][span];
    }
  }
#pragma unroll
  for (int j = 0; j < kWarpColumns / 8; ++j) {
    const int column = firstColumn + j * 8 + lane / 4;
    uint32_t right[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int q = half * 4 + lane % 4;
      const uint32_t low = stage.lowWord(column, span, q);
      right[half] = quadOf<kType>(low, stage.highWord(column, span, q), q);
    }
    const SpanScale scales[2] = {stage.scaleAt(firstColumn + j * 8 + lane % 4 * 2, span),
                                 stage.scaleAt(firstColumn + j * 8 + lane % 4 * 2 + 1, span)};
#pragma unroll
    for (int i = 0; i < kWarpRows / 16; ++i) {
      const PieceSums<kType> piece = multiplyPiece<kType>(left[i], right);
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        sums[i][j][k] += scaled<kType>(piece, k, scales[k % 2], activations[i][k / 2]);
      }
    }
  }
}

template <DType kType, bool kGated>
__global__ void __launch_bounds__(kThreads, 1) byteTiles(ProductArgs a) {
  GPU_DYN_SHARED(Stage<kType>, stages);
  const BlockRows block = blockRows(a, static_cast<int>(blockIdx.y));
  if (block.tile.rows <= 0) return;
  const int64_t firstOutput = static_cast<int64_t>(blockIdx.x) * (kGated ? kColumns / 2 : kColumns);
  Source<kType> source = sourceOf<kType, kGated>(a, block, firstOutput);
  const int firstRow = warpOf() / 4 * kWarpRows;
  const int firstColumn = warpOf() % 4 * kWarpColumns;

  const Steps steps = stepsOf(a, ceilDiv(a.weight.spans, kSpans));
  int next = 0;  // to be fetched
#pragma unroll
  for (int place = 0; place < kStages - 1; ++place) {
    if (next < steps.end) {
      fetch<kType>(source, steps, next, a.weight.spans, stages[place]);
      next = steps.after(next);
    }
    gpu::cpAsyncCommit();
  }
  Sums sums{};
  int place = 0;
  for (int step = 0; step < steps.end; step = steps.after(step)) {
    gpu::cpAsyncWait<kStages - 2>();
    __syncthreads();
    // The stage that is fetched into was multiplied before the barrier.
    if (next < steps.end) {
      fetch<kType>(source, steps, next, a.weight.spans, stages[(place + kStages - 1) % kStages]);
      next = steps.after(next);
    }
    gpu::cpAsyncCommit();
#pragma unroll
    for (int span = 0; span < kSpans; ++span) {
      // The last stage may have one span only.
      if (steps.stage(step) * kSpans + span < a.weight.spans) {
        multiplySpan<kType>(stages[place], span, firstRow, firstColumn, sums);
      }
    }
    place = (place + 1) % kStages;
  }
  gpu::cpAsyncWait<0>();
  storeProduct<kGated, kWarpRows, kWarpColumns>(a, block, firstOutput, firstRow, firstColumn, sums);
}

template <DType kType>
cudaError_t launchBytes(const ProductArgs& args, int64_t tiles, cudaStream_t stream) {
  const bool isGated = args.second.data != nullptr;
  const dim3 grid(
      static_cast<unsigned>(ceilDiv(args.weight.out, isGated ? kColumns / 2 : kColumns)),
      static_cast<unsigned>(tiles), static_cast<unsigned>(args.parts));
  return gpu::launch(gpu::Config{grid, dim3(kThreads), kStages * sizeof(Stage<kType>), stream},
                     isGated ? &byteTiles<kType, true> : &byteTiles<kType, false>, args);
}

}  // namespace

cudaError_t multiplyBytes(const ProductArgs& args,
                          DType dtype,
                          int64_t tiles,
                          cudaStream_t stream) {
  return withType(dtype, [&](auto type) {
    if constexpr (isQuantised(type())) {
      return launchBytes<type()>(args, tiles, stream);
    } else {
      return cudaErrorInvalidValue;
    }
  });
}

}  // namespace lectern::kernels::cuda
