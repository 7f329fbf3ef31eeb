// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/tensor.h"

#include <array>
#include <cstdint>

namespace lectern::kernels {

/// A block of a quantised row (llama.cpp, ggml-common.h) taken apart. With g the group of an
/// element, in float32 and in this order,
///   element = scaleOf(g) · quant + offsetOf(g)
/// is exactly what the format defines (ggml-quants.c, dequantize_row_*): quant is never negative,
/// and all products are exact.
struct QuantisedBlock {
  static constexpr int64_t kMaxElements = 256;

  std::array<uint8_t, kMaxElements> quants{};
  uint16_t scale = 0;  ///< d, binary16
  uint16_t least = 0;  ///< m of Q4_1 and Q5_1, dmin of Q4_K and Q5_K; else 0
  /// What d and dmin are multiplied by, group by group; of Q6_K the scales are signed. Only of the
  /// types with 256 elements a block.
  std::array<uint8_t, 16> groupScale{};
  std::array<uint8_t, 16> groupLeast{};
};

/// What a type's blocks have in common.
struct QuantisedType {
  int bits = 0;           ///< of a quant
  int64_t group = 0;      ///< elements that share a scale: 32, or 16
  int zero = 0;           ///< offset = −zero · scale; 0 where an offset of its own is stored
  bool hasLeast = false;  ///< an offset of its own
  bool isNested = false;  ///< a scale a group, times one a block
};
constexpr QuantisedType quantisedType(DType dtype) {
  switch (dtype) {
    case DType::Q8_0:
      return {8, 32, 128, false, false};
    case DType::Q4_0:
      return {4, 32, 8, false, false};
    case DType::Q4_1:
      return {4, 32, 0, true, false};
    case DType::Q5_0:
      return {5, 32, 16, false, false};
    case DType::Q5_1:
      return {5, 32, 0, true, false};
    case DType::Q4_K:
      return {4, 32, 0, true, true};
    case DType::Q5_K:
      return {5, 32, 0, true, true};
    case DType::Q6_K:
      return {6, 16, 32, false, true};
    default:
      return {};
  }
}

/// Takes the block at `data`, which may be unaligned, apart.
void unpackBlock(DType dtype, const void* data, QuantisedBlock& block);

/// `count` elements of a row of blocks as float32; whole blocks.
void dequantise(DType dtype, const void* row, int64_t count, float* out);

/// IEEE 754 binary16, subnormals included.
float halfToFloat(uint16_t bits);

/// How a backend may round the activations that meet a quantised weight: groups of 32 along a row,
/// the last one perhaps shorter, each to whole multiples of its largest magnitude / 127, to nearest
/// and ties to even. A group with an outlier, whose largest magnitude is over kOutlier times their
/// mean, would lose its other numbers: what was rounded away is rounded in the same manner and
/// added (Dettmers et al. 2022, LLM.int8(), keeps such columns whole for the same reason). `row`
/// becomes the numbers that are multiplied then.
constexpr float kOutlier = 10;
void roundToBytes(float* row, int64_t count);

}  // namespace lectern::kernels
