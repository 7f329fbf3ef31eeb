// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/packing.h"

#include <cstdint>
#include <type_traits>

namespace lectern::kernels::cuda {

constexpr int kSpan = static_cast<int>(PlaneLayout::kSpan);

/// A packed weight as kernels see it (packing.h).
struct PackedWeight {
  const uint8_t* data;
  PlaneLayout planes;
  int64_t out;
  int in;
  int spans;         ///< of 32 inputs, the last one perhaps filled up with zeros
  bool keepsFloats;  ///< its activations are not rounded to bfloat16
};

/// Matrices of fewer numbers do not have their activations rounded to bfloat16: that would save no
/// time that anybody would feel, and a small model has no accuracy to spare.
constexpr int64_t kNarrowFrom = int64_t{1} << 19;
inline bool keepsFloats(const Weight& weight) {
  return weight.dtype == DType::BF16 && weight.out * weight.in < kNarrowFrom;
}

inline PackedWeight packedWeight(const Weight& weight) {
  return {static_cast<const uint8_t*>(weight.data),
          planeLayout(weight.dtype, weight.out, weight.in),
          weight.out,
          static_cast<int>(weight.in),
          static_cast<int>(ceilDiv(weight.in, kSpan)),
          keepsFloats(weight)};
}

/// One row of one group: where its planes begin.
struct WeightRow {
  const uint8_t* low;
  const uint8_t* high;
  const uint8_t* scale;
  const uint8_t* block;
};
__device__ __forceinline__ WeightRow rowOf(const PackedWeight& w, int64_t group, int64_t row) {
  const uint8_t* base = w.data + group * w.planes.groupBytes;
  return {base + row * w.planes.lowRowBytes,
          base + w.planes.highOffset + row * w.planes.highRowBytes,
          base + w.planes.scaleOffset + row * w.planes.scaleRowBytes,
          base + w.planes.blockOffset + row * w.planes.blockRowBytes};
}

/// A type's description where a constant is needed.
template <DType kType>
constexpr QuantisedType kQuantised = quantisedType(kType);
template <DType kType>
constexpr bool kHasScaleAndLeast = kQuantised<kType>.hasLeast && !kQuantised<kType>.isNested;
/// Subtracted from a quant as it is packed.
template <DType kType>
constexpr int kZero = kQuantised<kType>.bits == 8 ? 0 : kQuantised<kType>.zero;

/// 32 quants of a row with their scales, as they lie in memory.
template <DType kType>
struct Span {
  uint4 low;
  uint4 second;  ///< quants 16 … 31 of 8 bits
  uint2 high;
  uint32_t scale;
  uint32_t block;
};

template <DType kType>
__device__ __forceinline__ uint32_t loadScale(const WeightRow& row, int span) {
  if constexpr (kHasScaleAndLeast<kType>) {
    return *reinterpret_cast<const uint32_t*>(row.scale + span * 4);
  } else {
    return *reinterpret_cast<const uint16_t*>(row.scale + span * 2);
  }
}

template <DType kType>
__device__ __forceinline__ Span<kType> loadSpan(const WeightRow& row, int span, int spans) {
  constexpr int kBits = kQuantised<kType>.bits;
  Span<kType> loaded{};
  loaded.low = gpu::ldStream128(row.low + span * 16);
  if constexpr (kBits == 8) loaded.second = gpu::ldStream128(row.low + (spans + span) * 16);
  if constexpr (kBits == 5) {
    loaded.high.x = *reinterpret_cast<const uint32_t*>(row.high + span * 4);
  }
  if constexpr (kBits == 6) loaded.high = gpu::ld64(row.high + span * 8);
  loaded.scale = loadScale<kType>(row, span);
  if constexpr (kQuantised<kType>.isNested) {
    loaded.block = *reinterpret_cast<const uint32_t*>(row.block + span / 8 * 4);
  }
  return loaded;
}

/// Quants 4 q … 4 q + 3 of a span as four bytes, `low` being the word that holds them.
template <DType kType>
__device__ __forceinline__ uint32_t quadOf(uint32_t low, uint32_t high, int q) {
  constexpr int kBits = kQuantised<kType>.bits;
  if constexpr (kBits == 8) return low;
  uint32_t quad = low >> (q < 4 ? 0 : 4) & 0x0F0F0F0FU;
  if constexpr (kBits == 5) quad |= (high >> q & 0x01010101U) << 4;
  if constexpr (kBits == 6) quad |= (high >> 2 * (q % 4) & 0x03030303U) << 4;
  return quad;
}
template <DType kType>
__device__ __forceinline__ uint32_t quadOf(const Span<kType>& span, int q) {
  const uint4& words = kQuantised<kType>.bits == 8 && q >= 4 ? span.second : span.low;
  const uint32_t low = q % 4 == 0 ? words.x : q % 4 == 1 ? words.y : q % 4 == 2 ? words.z : words.w;
  return quadOf<kType>(low, kQuantised<kType>.bits == 6 && q >= 4 ? span.high.y : span.high.x, q);
}

/// element = scale · quant + least, with a scale for either half of the span.
struct SpanScale {
  float first;
  float second;
  float least;
};
template <DType kType>
__device__ __forceinline__ SpanScale scaleOf(uint32_t scale, uint32_t block) {
  constexpr QuantisedType kShape = kQuantised<kType>;
  if constexpr (!kShape.isNested) {
    const float whole = halfToFloat(scale & 0xFFFFU);
    return {whole, whole, kShape.hasLeast ? halfToFloat(scale >> 16) : 0.0F};
  } else if constexpr (kShape.hasLeast) {
    const float whole = halfToFloat(block & 0xFFFFU) * static_cast<float>(scale & 0xFFU);
    return {whole, whole, -halfToFloat(block >> 16) * static_cast<float>(scale >> 8 & 0xFFU)};
  } else {
    const float whole = halfToFloat(block & 0xFFFFU);
    return {whole * static_cast<float>(static_cast<int8_t>(scale & 0xFFU)),
            whole * static_cast<float>(static_cast<int8_t>(scale >> 8 & 0xFFU)), 0.0F};
  }
}

/// Calls `visit` with the type as a constant. Weights have no other types.
template <class Visit>
auto withType(DType dtype, const Visit& visit) {
  switch (dtype) {
    case DType::BF16:
      return visit(std::integral_constant<DType, DType::BF16>{});
    case DType::Q8_0:
      return visit(std::integral_constant<DType, DType::Q8_0>{});
    case DType::Q4_0:
      return visit(std::integral_constant<DType, DType::Q4_0>{});
    case DType::Q4_1:
      return visit(std::integral_constant<DType, DType::Q4_1>{});
    case DType::Q5_0:
      return visit(std::integral_constant<DType, DType::Q5_0>{});
    case DType::Q5_1:
      return visit(std::integral_constant<DType, DType::Q5_1>{});
    case DType::Q4_K:
      return visit(std::integral_constant<DType, DType::Q4_K>{});
    case DType::Q5_K:
      return visit(std::integral_constant<DType, DType::Q5_K>{});
    case DType::Q6_K:
      return visit(std::integral_constant<DType, DType::Q6_K>{});
    default:
      return visit(std::integral_constant<DType, DType::F32>{});
  }
}

}  // namespace lectern::kernels::cuda
