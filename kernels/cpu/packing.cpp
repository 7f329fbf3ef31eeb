// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cpu/packing.h"

#include "kernels/bfloat16.h"

#include <algorithm>
#include <cstring>

namespace lectern::kernels::cpu {

namespace {

// Places the elements of one row; those of a panel's missing rows stay zero. `together` inputs of a
// row lie behind each other.
template <class T>
void packRow(const char* source, int64_t in, int64_t together, int64_t panelRows, T* panel) {
  for (int64_t i = 0; i < in; ++i) {
    std::memcpy(panel + i / together * together * panelRows + i % together,
                source + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
  }
}

void putHalf(uint16_t half, uint8_t* place) {
  std::memcpy(place, &half, sizeof half);
}

// Places the quants of one step of one row, quad by quad. `quads` is where the row's part of the
// first one goes; quads of one row lie `stride` bytes apart.
void packStep(const uint8_t* quants, int bits, int64_t stride, uint8_t* quads) {
  const auto quad = [&](int64_t index) {
    uint32_t four = 0;
    std::memcpy(&four, quants + 4 * index, sizeof four);
    return four;
  };
  const auto put = [&](int64_t index, uint32_t four) {
    std::memcpy(quads + index * stride, &four, sizeof four);
  };
  if (bits == 8) {
    for (int64_t q = 0; q < 8; ++q) put(q, quad(q));
    return;
  }
  for (int64_t q = 0; q < 4; ++q) {
    put(q, (quad(q) & 0x0F0F0F0FU) | (quad(q + 4) & 0x0F0F0F0FU) << 4);
  }
  uint32_t high[2] = {};
  for (int q = 0; q < 8; ++q) {
    const uint32_t above = quad(q) >> 4 & 0x0F0F0F0FU;
    if (bits == 5) high[0] |= above << q;
    if (bits == 6) high[q / 4] |= above << (2 * (q % 4));
  }
  for (int plane = 0; plane < bits - 4; ++plane) put(4 + plane, high[plane]);
}

void packQuantisedRow(
    DType dtype, const char* source, int64_t in, int64_t row, int64_t panelRows, uint8_t* panel) {
  const QuantisedType type = quantisedType(dtype);
  const QuantisedPanel place = quantisedPanel(dtype);
  const BlockShape shape = blockShape(dtype);
  QuantisedBlock block;
  for (int64_t b = 0; b < in / shape.elements; ++b) {
    unpackBlock(dtype, source + b * shape.bytes, block);
    uint8_t* at = panel + b * place.block() * panelRows;
    if (type.isNested) {
      putHalf(block.scale, at + 2 * row);
      if (type.hasLeast) putHalf(block.least, at + 2 * (panelRows + row));
    }
    at += place.blockHead * panelRows;
    for (int64_t s = 0; s < place.steps; ++s, at += place.step() * panelRows) {
      const auto g = static_cast<size_t>(s * QuantisedPanel::kStep / type.group);
      if (!type.isNested) {
        putHalf(block.scale, at + 2 * row);
        if (type.hasLeast) putHalf(block.least, at + 2 * (panelRows + row));
      } else {
        at[row] = block.groupScale[g];
        at[panelRows + row] = type.hasLeast ? block.groupLeast[g] : block.groupScale[g + 1];
      }
      packStep(block.quants.data() + s * QuantisedPanel::kStep, type.bits, 4 * panelRows,
               at + place.stepHead * panelRows + 4 * row);
    }
  }
}

}  // namespace

void packPanel(const PanelLayout& layout,
               const Weight& weight,
               int64_t group,
               const void* source,
               int64_t panel,
               void* packed) {
  const int64_t panelBytes = layout.panelBytes(weight.dtype, weight.in);
  const int64_t rowBytes = elementsBytes(weight.dtype, weight.in);
  char* to = static_cast<char*>(packed) +
             group * layout.groupBytes(weight.dtype, weight.out, weight.in) + panel * panelBytes;
  std::memset(to, 0, static_cast<size_t>(panelBytes));
  const int64_t first = panel * layout.rows;
  for (int64_t row = 0; row < std::min(layout.rows, weight.out - first); ++row) {
    const char* from = static_cast<const char*>(source) + (first + row) * rowBytes;
    if (weight.dtype == DType::F32) {
      packRow(from, weight.in, 1, layout.rows, reinterpret_cast<float*>(to) + row);
    } else if (weight.dtype == DType::BF16) {
      packRow(from, weight.in, 2, layout.rows, reinterpret_cast<BFloat16*>(to) + 2 * row);
    } else {
      packQuantisedRow(weight.dtype, from, weight.in, row, layout.rows,
                       reinterpret_cast<uint8_t*>(to));
    }
  }
}

}  // namespace lectern::kernels::cpu
