// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/quantised.h"
#include "kernels/tensor.h"

#include <cstdint>
#include <string>

namespace lectern::kernels::cuda {

/// How one group of a weight [out, in] lies in device memory: planes, each for all rows one behind
/// the other, so that a warp reads any of them in whole lines of 16 bytes a lane.
///
/// float32 and bfloat16 have one plane, rows filled up with zeros to a multiple of 32 inputs. A
/// quantised row is a sequence of spans of 32 inputs, and its numbers are those of QuantisedBlock:
///   low    16 bytes a span, byte j: bits 0 … 3 of quant j, above them those of quant 16 + j.
///          8 bits: two such runs, first bytes 0 … 15 of every span of the row, then bytes 16 … 31;
///          each is the signed number itself.
///   high   5 bits: 4 bytes a span; bit q of byte j belongs to quant 4 q + j.
///          6 bits: 8 bytes a span, for quants 0 … 15 and 16 … 31; two bits at 2 q of byte j
///          belong to quant 4 q + j of its half.
///   scale  2 bytes a span: the binary16 scale; nested types: scale and least of one byte each, or
///          the two scales of 16 inputs each. 4 bytes, scale and least in binary16, of types with
///          an offset that are not nested.
///   block  nested types: 4 bytes a block of 256 inputs, d and dmin (or zero) in binary16.
/// Rows of the last three are filled up to whole 16 bytes. This is the file's own size, give or
/// take 4 %.
struct PlaneLayout {
  static constexpr int64_t kSpan = 32;

  int64_t lowRowBytes = 0;
  int64_t highRowBytes = 0;
  int64_t scaleRowBytes = 0;
  int64_t blockRowBytes = 0;
  int64_t highOffset = 0;  ///< of the planes, from the group's begin; the low plane begins at 0
  int64_t scaleOffset = 0;
  int64_t blockOffset = 0;
  int64_t groupBytes = 0;  ///< from one group to the next; a multiple of 256
};
PlaneLayout planeLayout(DType dtype, int64_t out, int64_t in);

/// The layout's name and version; goes up when a byte of what is packed changes its place.
std::string packing();

/// Bytes of a packed weight: its groups, one behind the other.
int64_t packedBytes(DType dtype, int64_t groups, int64_t out, int64_t in);

/// Packs one group's matrix [out, in], row by row as in the file and perhaps unaligned, into
/// `planeLayout(…).groupBytes` bytes of host memory. `weight.data` is not looked at.
void packGroup(const Weight& weight, const void* rows, void* packed);

}  // namespace lectern::kernels::cuda
