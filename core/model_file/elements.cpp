// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/elements.h"

#include "core/base/check.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace lectern {

namespace {

// File data may be unaligned, hence the copies. Every supported machine is little-endian.
template <class Value>
Value valueAt(const char* data) {
  Value value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

float halfAt(const char* data) {
  return halfToFloat(valueAt<uint16_t>(data));
}

int byteAt(const char* data, int64_t index) {
  return static_cast<uint8_t>(data[index]);
}

// The decoders of one block, named as the types are. `y` gets the block's elements.

void readF32(const char* block, float* y) {
  *y = valueAt<float>(block);
}

void readF16(const char* block, float* y) {
  *y = halfAt(block);
}

void readBF16(const char* block, float* y) {
  *y = std::bit_cast<float>(static_cast<uint32_t>(valueAt<uint16_t>(block)) << 16);
}

// Four bits an element: sixteen bytes whose low halves are the first sixteen elements.
template <class ToValue>
void readQ4(const char* quants, float* y, ToValue toValue) {
  for (int j = 0; j < 16; ++j) {
    const int both = byteAt(quants, j);
    y[j] = toValue(both & 15);
    y[j + 16] = toValue(both >> 4);
  }
}

void readQ4_0(const char* block, float* y) {
  readQ4(block + 2, y, [d = halfAt(block)](int q) { return d * static_cast<float>(q - 8); });
}

void readQ4_1(const char* block, float* y) {
  readQ4(block + 4, y, [d = halfAt(block), m = halfAt(block + 2)](int q) {
    return d * static_cast<float>(q) + m;
  });
}

// As Q4, with the fifth bits together in front.
template <class ToValue>
void readQ5(const char* fifth, float* y, ToValue toValue) {
  const auto high = valueAt<uint32_t>(fifth);
  for (int j = 0; j < 16; ++j) {
    const int both = byteAt(fifth + 4, j);
    y[j] = toValue((both & 15) | static_cast<int>((high >> j & 1U) << 4U));
    y[j + 16] = toValue((both >> 4) | static_cast<int>((high >> (j + 16) & 1U) << 4U));
  }
}

void readQ5_0(const char* block, float* y) {
  readQ5(block + 2, y, [d = halfAt(block)](int q) { return d * static_cast<float>(q - 16); });
}

void readQ5_1(const char* block, float* y) {
  readQ5(block + 4, y, [d = halfAt(block), m = halfAt(block + 2)](int q) {
    return d * static_cast<float>(q) + m;
  });
}

void readQ8_0(const char* block, float* y) {
  const float scale = halfAt(block);
  for (int j = 0; j < 32; ++j) y[j] = scale * static_cast<float>(valueAt<int8_t>(block + 2 + j));
}

struct ScaleAndLeast {
  int scale = 0;
  int least = 0;
};

// Eight pairs of six bits in twelve bytes.
ScaleAndLeast pairAt(const char* packed, int t) {
  if (t < 4) return {byteAt(packed, t) & 63, byteAt(packed, t + 4) & 63};
  return {(byteAt(packed, t + 4) & 15) | (byteAt(packed, t - 4) >> 6 << 4),
          (byteAt(packed, t + 4) >> 4) | (byteAt(packed, t) >> 6 << 4)};
}

// Eight sub-blocks of 32; the fifth bits of Q5_K stand in `fifth`, one bit a sub-block.
void readK(const char* block, const char* fifth, const char* quants, float* y) {
  const float scale = halfAt(block);
  const float least = halfAt(block + 2);
  for (int t = 0; t < 8; ++t) {
    const ScaleAndLeast own = pairAt(block + 4, t);
    const float d = scale * static_cast<float>(own.scale);
    const float m = least * static_cast<float>(own.least);
    for (int l = 0; l < 32; ++l) {
      const int both = byteAt(quants, 32 * (t / 2) + l);
      int value = t % 2 == 0 ? both & 15 : both >> 4;
      if (fifth != nullptr) value |= (byteAt(fifth, l) >> t & 1) << 4;
      *y++ = d * static_cast<float>(value) - m;
    }
  }
}

void readQ4_K(const char* block, float* y) {
  readK(block, nullptr, block + 16, y);
}

void readQ5_K(const char* block, float* y) {
  readK(block, block + 16, block + 48, y);
}

void readQ6_K(const char* block, float* y) {
  const float scale = halfAt(block + 208);
  for (int half = 0; half < 2; ++half, y += 128) {
    const char* low = block + 64L * half;
    const char* high = block + 128 + 32L * half;
    const char* scales = block + 192 + 8L * half;
    for (int j = 0; j < 128; ++j) {
      const int l = j % 32;
      const int quarter = j / 32;
      const int four = byteAt(low, j % 64) >> (j < 64 ? 0 : 4) & 15;
      const int two = byteAt(high, l) >> (2 * quarter) & 3;
      const float own = scale * static_cast<float>(valueAt<int8_t>(scales + j / 16));
      y[j] = own * static_cast<float>((four | two << 4) - 32);
    }
  }
}

using ReadBlock = void (*)(const char* block, float* y);

struct Layout {
  BlockShape shape;
  ReadBlock read;
};

Layout layoutOf(StoredType type) {
  switch (type) {
    case StoredType::F32:
      return {{1, 4}, readF32};
    case StoredType::F16:
      return {{1, 2}, readF16};
    case StoredType::BF16:
      return {{1, 2}, readBF16};
    case StoredType::Q4_0:
      return {{32, 18}, readQ4_0};
    case StoredType::Q4_1:
      return {{32, 20}, readQ4_1};
    case StoredType::Q5_0:
      return {{32, 22}, readQ5_0};
    case StoredType::Q5_1:
      return {{32, 24}, readQ5_1};
    case StoredType::Q8_0:
      return {{32, 34}, readQ8_0};
    case StoredType::Q4_K:
      return {{256, 144}, readQ4_K};
    case StoredType::Q5_K:
      return {{256, 176}, readQ5_K};
    case StoredType::Q6_K:
      return {{256, 210}, readQ6_K};
    case StoredType::Other:
      break;
  }
  LECTERN_CHECK(false && "a type that holds no weights");
  return {};
}

}  // namespace

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

BlockShape blockShape(StoredType type) {
  return layoutOf(type).shape;
}

void readElements(const StoredTensor& tensor, int64_t first, std::span<float> out) {
  const Layout layout = layoutOf(tensor.type);
  const auto count = static_cast<int64_t>(out.size());
  LECTERN_CHECK(first >= 0 && first % layout.shape.elements == 0);
  LECTERN_CHECK(count % layout.shape.elements == 0 && first + count <= tensor.elements());
  const char* block = tensor.data.data() + first / layout.shape.elements * layout.shape.bytes;
  for (int64_t done = 0; done < count; done += layout.shape.elements, block += layout.shape.bytes) {
    layout.read(block, out.data() + done);
  }
}

}  // namespace lectern
