// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/quantised.h"
#include "kernels/tensor.h"

#include <cstdint>

namespace lectern::kernels::cpu {

/// Goes up when a byte of what is packed changes its place.
constexpr int kPackingVersion = 1;

/// Where the parts of a quantised panel lie, in bytes for each of its rows. A panel is a sequence
/// of blocks; a block is, each for all rows,
///   d, then dmin                    binary16, of the nested types alone
///   steps of 32 inputs:
///     scale, then least             binary16; nested: scale and least, or two scales, of one byte
///     quants                        in quads, the four bytes of one row for four inputs:
///       8 bits                      quad 0 … 7
///       4 bits                      quad 0 … 3, with quad 4 … 7 in the upper halves
///       5 bits                      as 4, then a quad of bytes whose bit q belongs to quad q
///       6 bits                      as 4, then two quads, for quads 0 … 3 and 4 … 7, two bits each
/// so that a product reads it from end to end, and at the cost of the file or 3 % more.
struct QuantisedPanel {
  static constexpr int64_t kStep = 32;

  int64_t blockHead = 0;
  int64_t stepHead = 0;
  int64_t quants = 0;
  int64_t steps = 0;  ///< of a block

  [[nodiscard]] constexpr int64_t step() const { return stepHead + quants; }
  [[nodiscard]] constexpr int64_t block() const { return blockHead + steps * step(); }
};
constexpr QuantisedPanel quantisedPanel(DType dtype) {
  const QuantisedType type = quantisedType(dtype);
  QuantisedPanel panel;
  panel.blockHead = type.isNested ? (type.hasLeast ? 4 : 2) : 0;
  panel.stepHead = !type.isNested && type.hasLeast ? 4 : 2;
  panel.quants = type.bits * QuantisedPanel::kStep / 8;
  panel.steps = blockShape(dtype).elements / QuantisedPanel::kStep;
  return panel;
}

/// How a weight lies in memory: panels of `rows` output rows, the last one filled up with zeros,
/// and in a panel input by input the numbers of all its rows,
///   float32   [group][ceil(out / rows)][in][rows]
///   bfloat16  [group][ceil(out / rows)][ceil(in / 2)][rows][2], a zero behind an odd `in`
///   others    [group][ceil(out / rows)][blocks], see QuantisedPanel
/// so that a product reads whole registers one after the other and never sums across one. Groups
/// and panels begin at multiples of 64 bytes.
struct PanelLayout {
  int64_t rows = 0;  ///< two registers

  [[nodiscard]] int64_t panels(int64_t out) const { return (out + rows - 1) / rows; }
  [[nodiscard]] int64_t panelBytes(DType dtype, int64_t in) const {
    int64_t rowBytes = in * 4;
    if (dtype == DType::BF16) rowBytes = (in + 1) / 2 * 4;
    if (isQuantised(dtype)) {
      rowBytes = in / blockShape(dtype).elements * quantisedPanel(dtype).block();
    }
    return (rows * rowBytes + 63) / 64 * 64;
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

/// Packs one panel of the matrix `source` [out, in] of one group of `weight` to its place in
/// `packed`. Thread: any, for each panel.
void packPanel(const PanelLayout& layout,
               const Weight& weight,
               int64_t group,
               const void* source,
               int64_t panel,
               void* packed);

}  // namespace lectern::kernels::cpu
