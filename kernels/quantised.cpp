// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/quantised.h"

#include "core/base/check.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>

namespace lectern::kernels {

namespace {

uint16_t halfAt(const uint8_t* data) {
  return static_cast<uint16_t>(data[0] | data[1] << 8);
}

// Sixteen bytes whose low halves are the first sixteen of 32 quants.
void unpackNibbles(const uint8_t* bytes, uint8_t* quants) {
  for (int j = 0; j < 16; ++j) {
    quants[j] = bytes[j] & 15;
    quants[j + 16] = bytes[j] >> 4;
  }
}

// The fifth bits of 32 quants, together in four bytes.
void addFifthBits(const uint8_t* bytes, uint8_t* quants) {
  for (int j = 0; j < 32; ++j) quants[j] |= (bytes[j / 8] >> (j % 8) & 1) << 4;
}

// Eight pairs of six bits in twelve bytes: Q4_K's and Q5_K's scales and leasts.
void unpackPairs(const uint8_t* packed, QuantisedBlock& block) {
  for (size_t t = 0; t < 8; ++t) {
    if (t < 4) {
      block.groupScale[t] = packed[t] & 63;
      block.groupLeast[t] = packed[t + 4] & 63;
    } else {
      block.groupScale[t] = static_cast<uint8_t>((packed[t + 4] & 15) | packed[t - 4] >> 6 << 4);
      block.groupLeast[t] = static_cast<uint8_t>((packed[t + 4] >> 4) | packed[t] >> 6 << 4);
    }
  }
}

// Groups of 32 share 32 bytes two by two; `fifth` has a bit a group for each place, or is null.
void unpackK(const uint8_t* nibbles, const uint8_t* fifth, uint8_t* quants) {
  for (int t = 0; t < 8; ++t) {
    for (int l = 0; l < 32; ++l) {
      const int both = nibbles[32 * (t / 2) + l];
      int value = t % 2 == 0 ? both & 15 : both >> 4;
      if (fifth != nullptr) value |= (fifth[l] >> t & 1) << 4;
      quants[32 * t + l] = static_cast<uint8_t>(value);
    }
  }
}

void unpackSix(const uint8_t* data, uint8_t* quants) {
  for (int i = 0; i < 256; ++i) {
    const int half = i / 128;
    const int j = i % 128;
    const int four = data[64 * half + j % 64] >> (j < 64 ? 0 : 4) & 15;
    const int two = data[128 + 32 * half + j % 32] >> (2 * (j / 32)) & 3;
    quants[i] = static_cast<uint8_t>(four | two << 4);
  }
}

}  // namespace

void unpackBlock(DType dtype, const void* data, QuantisedBlock& block) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  uint8_t* quants = block.quants.data();
  block.scale = halfAt(bytes);
  block.least = quantisedType(dtype).hasLeast ? halfAt(bytes + 2) : 0;
  switch (dtype) {
    case DType::Q8_0:
      // +128: what was signed is counted from the least number on.
      for (int j = 0; j < 32; ++j) quants[j] = bytes[2 + j] ^ 0x80;
      break;
    case DType::Q4_0:
      unpackNibbles(bytes + 2, quants);
      break;
    case DType::Q4_1:
      unpackNibbles(bytes + 4, quants);
      break;
    case DType::Q5_0:
      unpackNibbles(bytes + 6, quants);
      addFifthBits(bytes + 2, quants);
      break;
    case DType::Q5_1:
      unpackNibbles(bytes + 8, quants);
      addFifthBits(bytes + 4, quants);
      break;
    case DType::Q4_K:
      unpackPairs(bytes + 4, block);
      unpackK(bytes + 16, nullptr, quants);
      break;
    case DType::Q5_K:
      unpackPairs(bytes + 4, block);
      unpackK(bytes + 48, bytes + 16, quants);
      break;
    case DType::Q6_K:
      block.scale = halfAt(bytes + 208);
      std::memcpy(block.groupScale.data(), bytes + 192, 16);
      unpackSix(bytes, quants);
      break;
    default:
      LECTERN_CHECK(isQuantised(dtype));
  }
}

void dequantise(DType dtype, const void* row, int64_t count, float* out) {
  const QuantisedType type = quantisedType(dtype);
  const BlockShape shape = blockShape(dtype);
  LECTERN_CHECK(count % shape.elements == 0);
  const auto* data = static_cast<const char*>(row);
  QuantisedBlock block;
  for (int64_t at = 0; at < count; at += shape.elements, data += shape.bytes) {
    unpackBlock(dtype, data, block);
    const float whole = halfToFloat(block.scale);
    const float least = halfToFloat(block.least);
    for (int64_t i = 0; i < shape.elements; ++i) {
      const auto g = static_cast<size_t>(i / type.group);
      float scale = whole;
      float offset = least;
      if (type.isNested) {
        scale *= type.hasLeast ? static_cast<float>(block.groupScale[g])
                               : static_cast<float>(static_cast<int8_t>(block.groupScale[g]));
        offset *= -static_cast<float>(block.groupLeast[g]);
      }
      if (!type.hasLeast) offset = static_cast<float>(-type.zero) * scale;
      *out++ = scale * static_cast<float>(block.quants[static_cast<size_t>(i)]) + offset;
    }
  }
}

float halfToFloat(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000U) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1FU;
  const uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0) {
    const float value = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -value : value;
  }
  const uint32_t widened = exponent == 31 ? 0xFFU : exponent + 112;
  return std::bit_cast<float>(sign | (widened << 23) | (fraction << 13));
}

namespace {

// Leaves in `row` what was rounded away.
void addRounded(std::span<float> row, std::span<float> rounded) {
  float largest = 0;
  for (const float x : row) largest = std::max(largest, std::abs(x));
  const float scale = largest / 127.0F;
  const float inverse = largest > 0 ? 127.0F / largest : 0.0F;
  for (size_t i = 0; i < row.size(); ++i) {
    const float quant = std::nearbyint(row[i] * inverse);
    rounded[i] = std::fma(scale, quant, rounded[i]);
    row[i] = std::fma(-scale, quant, row[i]);
  }
}

bool hasOutlier(std::span<const float> group) {
  float largest = 0;
  float sum = 0;
  for (const float x : group) {
    largest = std::max(largest, std::abs(x));
    sum += std::abs(x);
  }
  return largest * static_cast<float>(group.size()) > kOutlier * sum;
}

}  // namespace

void roundToBytes(float* row, int64_t count) {
  constexpr int64_t kGroup = 32;
  for (int64_t first = 0; first < count; first += kGroup) {
    const std::span<float> group(row + first, static_cast<size_t>(std::min(kGroup, count - first)));
    std::array<float, kGroup> memory{};
    const std::span<float> rounded(memory.data(), group.size());
    const int terms = hasOutlier(group) ? 2 : 1;
    for (int i = 0; i < terms; ++i) addRounded(group, rounded);
    std::copy(rounded.begin(), rounded.end(), group.begin());
  }
}

}  // namespace lectern::kernels
