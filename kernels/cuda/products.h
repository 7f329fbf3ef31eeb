// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device/gemv.cuh"
#include "kernels/cuda/launches.h"

namespace lectern::kernels::cuda {

/// Many rows times weights, for Linear, LinearGated and Experts. Rows come in tiles of kTileRows;
/// the tiles of a grouped product are listed in device memory, because only the device knows how
/// many tokens an expert has.
constexpr int kTileRows = 64;

struct RowTile {
  int32_t group;
  int32_t first;  ///< of `order`
  int32_t rows;   ///< 0 … kTileRows; 0: no tile
};
struct Grouping {
  const RowTile* tiles = nullptr;  ///< null: all rows in their order, group 0
  const int32_t* order = nullptr;  ///< which rows of `out` a tile has
  int32_t divisor = 1;             ///< row r of `out` comes from row r / divisor of `in`
};

/// Activations as a weight's type wants them (device/gemv.cuh), rows filled up with zeros to whole
/// pairs of spans. What the first term rounded away is a second one: of every number that meets a
/// small matrix of bfloat16, of spans with an outlier that meet a quantised one.
struct Narrowed {
  uint8_t* numbers = nullptr;       ///< bfloat16 or bytes
  SpanActivation* spans = nullptr;  ///< [pairs of spans][rows][2]: a stage's stand together
  int32_t rows = 0;
  int32_t pitchSpans = 0;
  int64_t restBytes = 0;  ///< from a number to the second term's; 0: there is none
  int64_t restSpans = 0;  ///< likewise for the spans
  int32_t* hasRest =
      nullptr;  ///< [pairs of spans] whether any row has a second term there; null: all
};

struct Product {
  Weight weight;
  Weight second;  ///< present: out = silu(in · weightᵀ) · (in · secondᵀ)
  Tensor in;
  Tensor out;
  Tensor bias;
  Grouping grouping;
  int64_t tiles = 0;  ///< how many there may be
};

/// Bytes of workspace for `rows` rows that meet the weight in a grouped product.
int64_t narrowBytes(const Weight& weight, int64_t rows);
/// The same of all rows in their order.
int64_t productBytes(const Weight& weight,
                     bool isGated,
                     int64_t rows,
                     const LaunchContext& context);

/// Enqueues the product. `room`: as many bytes as that, 256-byte aligned.
cudaError_t multiply(const Product& product, void* room, const LaunchContext& context);

}  // namespace lectern::kernels::cuda
