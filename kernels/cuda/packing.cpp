// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/packing.h"

#include <cstring>

namespace lectern::kernels::cuda {

namespace {

constexpr int64_t kSpan = PlaneLayout::kSpan;
constexpr int kPackingVersion = 2;

int64_t roundUp(int64_t count, int64_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

void putHalf(uint16_t bits, uint8_t* to) {
  to[0] = static_cast<uint8_t>(bits);
  to[1] = static_cast<uint8_t>(bits >> 8);
}

// Where the bytes of one row go.
struct RowPlanes {
  uint8_t* low;
  uint8_t* high;
  uint8_t* scale;
  uint8_t* block;
};

void packQuants(const uint8_t* quants, int bits, int64_t span, int64_t spans, const RowPlanes& to) {
  if (bits == 8) {
    // Counted from the least number on; the kernels multiply signed bytes.
    for (int64_t j = 0; j < kSpan; ++j) {
      to.low[(j / 16 * spans + span) * 16 + j % 16] = quants[j] ^ 0x80;
    }
    return;
  }
  for (int64_t j = 0; j < 16; ++j) {
    to.low[span * 16 + j] =
        static_cast<uint8_t>((quants[j] & 15) | static_cast<uint8_t>(quants[j + 16] << 4));
  }
  for (int64_t j = 0; j < kSpan; ++j) {
    const int above = quants[j] >> 4;
    if (bits == 5) to.high[span * 4 + j % 4] |= static_cast<uint8_t>(above << (j / 4));
    if (bits == 6) {
      to.high[span * 8 + j / 16 * 4 + j % 4] |= static_cast<uint8_t>(above << (j % 16 / 4 * 2));
    }
  }
}

void packScale(const QuantisedType& type,
               const QuantisedBlock& block,
               int64_t spanOfBlock,
               uint8_t* to) {
  const auto g = static_cast<size_t>(spanOfBlock * kSpan / type.group);
  if (type.isNested) {
    to[0] = block.groupScale[g];
    to[1] = type.hasLeast ? block.groupLeast[g] : block.groupScale[g + 1];
  } else {
    putHalf(block.scale, to);
    if (type.hasLeast) putHalf(block.least, to + 2);
  }
}

void packQuantisedRow(DType dtype, const char* source, int64_t in, const RowPlanes& to) {
  const QuantisedType type = quantisedType(dtype);
  const BlockShape shape = blockShape(dtype);
  const int64_t spansOfBlock = shape.elements / kSpan;
  const int64_t scaleBytes = !type.isNested && type.hasLeast ? 4 : 2;
  QuantisedBlock block;
  for (int64_t b = 0; b < in / shape.elements; ++b) {
    unpackBlock(dtype, source + b * shape.bytes, block);
    if (type.isNested) {
      putHalf(block.scale, to.block + 4 * b);
      putHalf(block.least, to.block + 4 * b + 2);
    }
    for (int64_t s = 0; s < spansOfBlock; ++s) {
      const int64_t span = b * spansOfBlock + s;
      packQuants(block.quants.data() + s * kSpan, type.bits, span, in / kSpan, to);
      packScale(type, block, s, to.scale + span * scaleBytes);
    }
  }
}

}  // namespace

PlaneLayout planeLayout(DType dtype, int64_t out, int64_t in) {
  PlaneLayout layout;
  if (isQuantised(dtype)) {
    const QuantisedType type = quantisedType(dtype);
    const int64_t spans = in / kSpan;
    layout.lowRowBytes = spans * (type.bits == 8 ? 32 : 16);
    layout.highRowBytes = type.bits == 8 ? 0 : roundUp(spans * (type.bits - 4) * 4, 16);
    layout.scaleRowBytes = roundUp(spans * (!type.isNested && type.hasLeast ? 4 : 2), 16);
    layout.blockRowBytes = type.isNested ? roundUp(in / blockShape(dtype).elements * 4, 16) : 0;
  } else {
    layout.lowRowBytes = roundUp(in, kSpan) * elementBytes(dtype);
  }
  layout.highOffset = roundUp(out * layout.lowRowBytes, 256);
  layout.scaleOffset = layout.highOffset + roundUp(out * layout.highRowBytes, 256);
  layout.blockOffset = layout.scaleOffset + roundUp(out * layout.scaleRowBytes, 256);
  layout.groupBytes = layout.blockOffset + roundUp(out * layout.blockRowBytes, 256);
  return layout;
}

std::string packing() {
  return "cuda planes, version " + std::to_string(kPackingVersion);
}

int64_t packedBytes(DType dtype, int64_t groups, int64_t out, int64_t in) {
  return groups * planeLayout(dtype, out, in).groupBytes;
}

void packGroup(const Weight& weight, const void* rows, void* packed) {
  const PlaneLayout layout = planeLayout(weight.dtype, weight.out, weight.in);
  const int64_t sourceRowBytes = elementsBytes(weight.dtype, weight.in);
  const auto* source = static_cast<const char*>(rows);
  auto* to = static_cast<uint8_t*>(packed);
  std::memset(to, 0, static_cast<size_t>(layout.groupBytes));
  for (int64_t row = 0; row < weight.out; ++row, source += sourceRowBytes) {
    if (isQuantised(weight.dtype)) {
      packQuantisedRow(
          weight.dtype, source, weight.in,
          {to + row * layout.lowRowBytes, to + layout.highOffset + row * layout.highRowBytes,
           to + layout.scaleOffset + row * layout.scaleRowBytes,
           to + layout.blockOffset + row * layout.blockRowBytes});
    } else {
      std::memcpy(to + row * layout.lowRowBytes, source, static_cast<size_t>(sourceRowBytes));
    }
  }
}

}  // namespace lectern::kernels::cuda
