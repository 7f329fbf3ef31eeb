// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/warp.cuh"
#include "kernels/cuda/device/weights.cuh"

namespace lectern::kernels::cuda {

// The product of weight rows with one vector. It is bound by reading the weight: 16 bytes a lane
// and request, several of them on their way. The vector is brought into shared memory once a block,
// in the form that its weight's type is multiplied with,
//   float32      as it is, read from global memory: every block's lines are in L1
//   bfloat16     rounded to bfloat16; as it is where the weight is small (keepsFloats)
//   quantised    rounded to bytes (roundToBytes in quantised.h), with the sums that offsets need,
//                and the rest of a span with an outlier rounded to bytes once more
// which is what the prefill kernels do with theirs, so that a token meets the same numbers in both.

/// Of a span of 32 activations: they are scale · byte. `sums` has the sum of the first sixteen
/// bytes in its lower half and of the others in its upper half, both signed.
struct SpanActivation {
  float scale;
  int sums;
};
__device__ __forceinline__ int firstSum(int sums) {
  return static_cast<int16_t>(sums & 0xFFFF);
}
__device__ __forceinline__ int secondSum(int sums) {
  return sums >> 16;
}

/// Spans of a vector that are in shared memory together: so many (17,920 numbers of bytes, 22,528
/// of bfloat16) that with what else a block holds they stay below the 48 KiB that need no leave.
/// Longer vectors come in slices.
template <DType kType>
constexpr int kSliceSpans = kType == DType::BF16 ? 704 : 560;

/// From the first sixteen bytes of a slice's spans to the other sixteen: what a warp writes to both
/// is in different banks.
__host__ __device__ constexpr int halfPitch(int spans) {
  return (spans * 16 + 127) / 128 * 128 + 64;
}
/// Bytes of shared memory for a vector of so many spans.
template <DType kType>
constexpr int64_t activationBytes(int64_t spans) {
  const int64_t together = spans < kSliceSpans<kType> ? spans : kSliceSpans<kType>;
  if (kType == DType::F32) return 0;
  if (kType == DType::BF16) return together * kSpan * 2;
  return 4 * halfPitch(static_cast<int>(together)) +
         together * 2 * static_cast<int64_t>(sizeof(SpanActivation));
}

__device__ __forceinline__ float largestOfSpan(float4 v) {
  return warpMax<8>(fmaxf(fmaxf(fabsf(v.x), fabsf(v.y)), fmaxf(fabsf(v.z), fabsf(v.w))));
}

/// Quantises four activations and leaves in `v` what was rounded away; eight neighbouring lanes
/// hold a span's 32. The span's scale and sums are valid in all of the eight.
struct QuantisedFour {
  uint32_t bytes;
  SpanActivation span;
};
__device__ __forceinline__ QuantisedFour quantiseFour(float4& v, float largest) {
  const float scale = largest / 127.0F;
  const float inverse = largest > 0 ? 127.0F / largest : 0.0F;
  const auto byteOf = [&](float& x) {
    const float quant = rintf(x * inverse);
    x = fmaf(-scale, quant, x);
    return static_cast<int>(quant);
  };
  const int q[4] = {byteOf(v.x), byteOf(v.y), byteOf(v.z), byteOf(v.w)};
  QuantisedFour four{};
#pragma unroll
  for (int j = 0; j < 4; ++j) four.bytes |= static_cast<uint32_t>(q[j] & 0xFF) << (8 * j);
  const int half = warpSum<4>(q[0] + q[1] + q[2] + q[3]);
  const int other = __shfl_xor_sync(kAllLanes, half, 4);
  const bool isFirst = laneOf() % 8 < 4;
  four.span.scale = scale;
  four.span.sums = (isFirst ? half : other) & 0xFFFF;
  four.span.sums |= static_cast<int>(static_cast<uint32_t>(isFirst ? other : half) << 16);
  return four;
}

/// Four activations as they are multiplied: rounded, and where their span of `size` has an outlier
/// what that left, rounded in the same manner; else `rest` is zeros.
struct FourTerms {
  QuantisedFour first;
  QuantisedFour rest;
};
__device__ __forceinline__ FourTerms termsOfFour(float4 v, int size) {
  const float largest = largestOfSpan(v);
  const float sum = warpSum<8>(fabsf(v.x) + fabsf(v.y) + fabsf(v.z) + fabsf(v.w));
  const bool hasOutlier = largest * static_cast<float>(size) > kOutlier * sum;
  FourTerms terms{};
  terms.first = quantiseFour(v, largest);
  if (__any_sync(kAllLanes, hasOutlier)) {
    const QuantisedFour rest = quantiseFour(v, largestOfSpan(v));
    if (hasOutlier) terms.rest = rest;
  }
  return terms;
}

/// A vector and a slice of it in the form its weights want. Quantised, term by term: the first
/// sixteen bytes of every span, then the other sixteen of every span, so that lanes read
/// neighbouring 16 bytes; then the spans of both terms.
template <DType kType>
struct Activations {
  const float* in;
  int count;
  bool aligned;
  bool areFloats;
  int rowSpans;         ///< of the whole vector
  unsigned char* room;  ///< shared memory, activationBytes
  int firstSpan = 0;    ///< of the slice
  int spans = 0;
  bool hasRest = false;  ///< any span of the slice has a second term

  __device__ __forceinline__
  Activations(const float* from, const PackedWeight& weight, bool isAligned, void* shared)
      : in(from),
        count(weight.in),
        aligned(isAligned),
        areFloats(kType == DType::F32 || (kType == DType::BF16 && weight.keepsFloats)),
        rowSpans(weight.spans),
        room(static_cast<unsigned char*>(shared)) {}

  [[nodiscard]] __device__ __forceinline__ int slices() const {
    return areFloats ? 1 : (rowSpans + kSliceSpans<kType> - 1) / kSliceSpans<kType>;
  }
  [[nodiscard]] __device__ __forceinline__ unsigned char* restRoom() const {
    return room + 2 * halfPitch(spans);
  }
  [[nodiscard]] __device__ __forceinline__ SpanActivation* spanRoom() const {
    return reinterpret_cast<SpanActivation*>(room + 4 * halfPitch(spans));
  }
  [[nodiscard]] __device__ __forceinline__ SpanActivation* restSpanRoom() const {
    return spanRoom() + spans;
  }
  [[nodiscard]] __device__ __forceinline__ float4 four(int i) const {
    const int at = firstSpan * kSpan + i * 4;
    return loadFour(in + at, count - at, aligned);
  }

  /// Turns to a slice and fills the room with it; all threads of the block, which may have read the
  /// slice before.
  __device__ __forceinline__ void turnTo(int slice) {
    firstSpan = slice * kSliceSpans<kType>;
    spans = rowSpans - firstSpan;
    if (areFloats) return;
    spans = min(spans, kSliceSpans<kType>);
    const int lanes = static_cast<int>(blockDim.x);
    const int fours = spans * kSpan / 4;
    int rests = 0;
    __syncthreads();
    for (int base = 0; base < fours; base += lanes) {
      const int i = base + static_cast<int>(threadIdx.x);
      const float4 v = i < fours ? four(i) : float4{};
      if constexpr (kType == DType::BF16) {
        if (i < fours) gpu::st64(room + i * 8, {packBFloat16(v.x, v.y), packBFloat16(v.z, v.w)});
      } else {
        const int span = i / 8;
        const FourTerms terms = termsOfFour(v, min(kSpan, count - (firstSpan + span) * kSpan));
        if (i >= fours) continue;
        const int place = (i % 8 < 4 ? 0 : halfPitch(spans)) + span * 16 + i % 4 * 4;
        *reinterpret_cast<uint32_t*>(room + place) = terms.first.bytes;
        *reinterpret_cast<uint32_t*>(restRoom() + place) = terms.rest.bytes;
        if (i % 8 == 0) {
          spanRoom()[span] = terms.first.span;
          restSpanRoom()[span] = terms.rest.span;
          rests += terms.rest.span.scale != 0 ? 1 : 0;
        }
      }
    }
    hasRest = __syncthreads_or(rests) != 0;
  }
};

/// Σ over a span of 32.
template <DType kType>
__device__ __forceinline__ float dotSpan(const Span<kType>& span,
                                         uint4 first,
                                         uint4 second,
                                         SpanActivation activation) {
  const uint32_t bytes[8] = {first.x,  first.y,  first.z,  first.w,
                             second.x, second.y, second.z, second.w};
  int dots[2] = {-kZero<kType> * firstSum(activation.sums),
                 -kZero<kType> * secondSum(activation.sums)};
#pragma unroll
  for (int q = 0; q < 8; ++q) {
    dots[q / 4] = gpu::dp4a(static_cast<int>(quadOf<kType>(span, q)), static_cast<int>(bytes[q]),
                            dots[q / 4]);
  }
  const SpanScale scale = scaleOf<kType>(span.scale, span.block);
  float sum;
  if constexpr (kQuantised<kType>.group == 16) {
    sum = scale.first * static_cast<float>(dots[0]) + scale.second * static_cast<float>(dots[1]);
  } else {
    sum = scale.first * static_cast<float>(dots[0] + dots[1]);
  }
  if constexpr (kQuantised<kType>.hasLeast) {
    sum += scale.least * static_cast<float>(firstSum(activation.sums) + secondSum(activation.sums));
  }
  return activation.scale * sum;
}

__device__ __forceinline__ float dotFloats(uint4 weights, float4 x, float sum) {
  const float4 w = asFloats(weights);
  return fmaf(w.w, x.w, fmaf(w.z, x.z, fmaf(w.y, x.y, fmaf(w.x, x.x, sum))));
}
__device__ __forceinline__ float dotPair(uint32_t w, uint32_t x, float sum) {
  return fmaf(highBFloat16(w), highBFloat16(x), fmaf(lowBFloat16(w), lowBFloat16(x), sum));
}
__device__ __forceinline__ float dotNarrow(uint4 w, uint4 x, float sum) {
  return dotPair(w.w, x.w, dotPair(w.z, x.z, dotPair(w.y, x.y, dotPair(w.x, x.x, sum))));
}

__device__ __forceinline__ float dotWide(uint4 w, float4 first, float4 second, float sum) {
  const auto pair = [&sum](uint32_t weights, float low, float high) {
    sum = fmaf(highBFloat16(weights), high, fmaf(lowBFloat16(weights), low, sum));
  };
  pair(w.x, first.x, first.y);
  pair(w.y, first.z, first.w);
  pair(w.z, second.x, second.y);
  pair(w.w, second.z, second.w);
  return sum;
}

/// Adds one thread's share of the second terms, `first` and `step` as in dotShare. What it reads of
/// the weight was read a moment ago.
template <DType kType, int kRows>
__device__ __forceinline__ void dotRests(const WeightRow (&rows)[kRows],
                                         const Activations<kType>& x,
                                         int first,
                                         int step,
                                         float (&sums)[kRows]) {
#pragma unroll 1
  for (int i = first; i < x.spans; i += step) {
    const SpanActivation activation = x.restSpanRoom()[i];
    if (activation.scale == 0) continue;
    const uint4 low = gpu::ld128(x.restRoom() + i * 16);
    const uint4 high = gpu::ld128(x.restRoom() + halfPitch(x.spans) + i * 16);
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const Span<kType> span = loadSpan<kType>(rows[r], x.firstSpan + i, x.rowSpans);
      sums[r] += dotSpan<kType>(span, low, high, activation);
    }
  }
}

/// Adds one thread's share of the products of kRows rows with the slice: chunks of 16 bytes, or
/// spans, from `first` on, every `step`th. The rows' requests of two steps are under way together.
template <DType kType, int kRows>
__device__ __forceinline__ void dotShare(const WeightRow (&rows)[kRows],
                                         const Activations<kType>& x,
                                         int first,
                                         int step,
                                         float (&sums)[kRows]) {
  if constexpr (kType == DType::F32 || kType == DType::BF16) {
    constexpr int kElements = kType == DType::F32 ? 4 : 8;
    const int chunks = x.spans * kSpan / kElements;
    const int before = x.firstSpan * kSpan / kElements;
#pragma unroll 2
    for (int i = first; i < chunks; i += step) {
      uint4 weights[kRows];
#pragma unroll
      for (int r = 0; r < kRows; ++r)
        weights[r] = gpu::ldStream128(rows[r].low + (before + i) * 16);
      if constexpr (kType == DType::F32) {
        const float4 values = x.four(i);
#pragma unroll
        for (int r = 0; r < kRows; ++r) sums[r] = dotFloats(weights[r], values, sums[r]);
      } else {
        if (x.areFloats) {
          const float4 first = x.four(2 * i);
          const float4 second = x.four(2 * i + 1);
#pragma unroll
          for (int r = 0; r < kRows; ++r) sums[r] = dotWide(weights[r], first, second, sums[r]);
          continue;
        }
        const uint4 values = gpu::ld128(x.room + i * 16);
#pragma unroll
        for (int r = 0; r < kRows; ++r) sums[r] = dotNarrow(weights[r], values, sums[r]);
      }
    }
  } else {
#pragma unroll 2
    for (int i = first; i < x.spans; i += step) {
      Span<kType> spans[kRows];
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        spans[r] = loadSpan<kType>(rows[r], x.firstSpan + i, x.rowSpans);
      }
      const uint4 low = gpu::ld128(x.room + i * 16);
      const uint4 high = gpu::ld128(x.room + halfPitch(x.spans) + i * 16);
      const SpanActivation activation = x.spanRoom()[i];
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        sums[r] += dotSpan<kType>(spans[r], low, high, activation);
      }
    }
    if (x.hasRest) dotRests<kType, kRows>(rows, x, first, step, sums);
  }
}

// --- The block's part of a product. An item is kRows rows that are multiplied together. ---

constexpr int kGemvThreads = 256;
constexpr int kGemvWarps = kGemvThreads / kWarp;
/// Blocks that a multiprocessor must be able to hold: ptxas would make room for a fourth by
/// spilling.
constexpr int kGemvResident = 2;

/// With fewer rows than this a block takes each item, not a warp: 2048 rows in pairs are 128 blocks
/// of eight warps, about as many as a large GPU has multiprocessors.
constexpr int64_t kWideRows = 2048;

/// Blocks for so many items: four a multiprocessor at the most, which then share what is left, so
/// that the vector is brought in a few times only.
inline unsigned gemvBlocks(int64_t items, bool isWide, int multiprocessors) {
  const int64_t blocks = isWide ? items : ceilDiv(items, kGemvWarps);
  const int64_t most = int64_t{4} * multiprocessors;
  return static_cast<unsigned>(blocks < most ? blocks : most);
}

/// Multiplies all items' rows with the vector. `chooseRows(item, rows)` says which rows an item
/// has; `emit(item, sums)` is called by one thread. A wide block shares each item, else each warp
/// has its own.
template <DType kType, int kRows, bool kWide, class ChooseRows, class Emit>
__device__ __forceinline__ void gemvBlock(Activations<kType> x,
                                          int64_t items,
                                          const ChooseRows& chooseRows,
                                          const Emit& emit) {
  GPU_SHARED(float, shares, [kRows][kGemvWarps]);
  constexpr int kItems = kWide ? 1 : kGemvWarps;
  const int first = kWide ? static_cast<int>(threadIdx.x) : laneOf();
  const int64_t slices = x.slices();
  int64_t prepared = -1;
  for (int64_t base = static_cast<int64_t>(blockIdx.x) * kItems; base < items;
       base += static_cast<int64_t>(gridDim.x) * kItems) {
    const int64_t own = base + (kWide ? 0 : warpOf());
    const int64_t item = min(own, items - 1);
    WeightRow rows[kRows];
    chooseRows(item, rows);
    float sums[kRows] = {};
    for (int64_t slice = 0; slice < slices; ++slice) {
      if (slice != prepared) x.turnTo(static_cast<int>(slice));
      prepared = slice;
      dotShare<kType, kRows>(rows, x, first, kWide ? kGemvThreads : kWarp, sums);
    }
#pragma unroll
    for (int r = 0; r < kRows; ++r) sums[r] = warpSum(sums[r]);
    if constexpr (kWide) {
      if (laneOf() == 0) {
#pragma unroll
        for (int r = 0; r < kRows; ++r) shares[r][warpOf()] = sums[r];
      }
      __syncthreads();
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        sums[r] = warpSum<kGemvWarps>(shares[r][laneOf() % kGemvWarps]);
      }
      __syncthreads();
      if (threadIdx.x == 0) emit(item, sums);
    } else {
      if (laneOf() == 0 && own < items) emit(item, sums);
    }
  }
}

}  // namespace lectern::kernels::cuda
