// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/tensor.h"

#include <cstdint>

namespace lectern::kernels::cpu {

/// How a weight lies in memory: panels of `rows` output rows, the last one filled up with zeros,
/// and in a panel input by input the numbers of all its rows,
///   [group][ceil(out / rows)][in][rows],
/// so that a product reads whole registers one after the other and never sums across one. Groups
/// and panels begin at multiples of 64 bytes. A quantised format becomes another kind of panel here
/// and another way to load a register in generic/product-inl.h.
struct PanelLayout {
  int64_t rows = 0;  ///< two registers

  [[nodiscard]] int64_t panels(int64_t out) const { return (out + rows - 1) / rows; }
  [[nodiscard]] int64_t panelBytes(DType dtype, int64_t in) const {
    return (in * rows * elementBytes(dtype) + 63) / 64 * 64;
  }
  [[nodiscard]] int64_t groupBytes(DType dtype, int64_t out, int64_t in) const {
    return panels(out) * panelBytes(dtype, in);
  }
  [[nodiscard]] const void* panel(const Weight& weight, int64_t group, int64_t index) const {
    return static_cast<const char*>(weight.data) +
           group * groupBytes(weight.dtype, weight.out, weight.in) +
           index * panelBytes(weight.dtype, weight.in);
  }
};

/// Packs the matrix `source` [out, in] of one group of `weight` to its place in `packed`.
void packGroup(const PanelLayout& layout,
               const Weight& weight,
               int64_t group,
               const void* source,
               void* packed);

}  // namespace lectern::kernels::cpu
