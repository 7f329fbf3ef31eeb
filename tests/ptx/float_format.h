// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ptx/types.h"

#include <bit>
#include <cstdint>

namespace lectern::ptx {

/// A binary floating-point format narrower than double.
struct FloatFormat {
  int exponentBits;
  int mantissaBits;
  /// E4M3 has no infinity: all exponents are numbers, the largest mantissa of the largest is NaN.
  bool hasInfinity = true;
  /// What NVIDIA's conversions write for NaN.
  uint32_t nan = 0;
};

constexpr FloatFormat kHalf{5, 10, true, 0x7FFF};
constexpr FloatFormat kBfloat{8, 7, true, 0x7FFF};
constexpr FloatFormat kTf32{8, 10, true, 0x3FFFF};
constexpr FloatFormat kSingle{8, 23, true, 0x7FFFFFFF};
constexpr FloatFormat kE4m3{4, 3, false, 0x7F};
constexpr FloatFormat kE5m2{5, 2, true, 0x7F};

/// The format's number next to `value`, as its bits in the low end. Too large is infinity, or the
/// largest number where the rounding says so, where there is no infinity, or with `finite`.
uint32_t narrow(double value, const FloatFormat& format, Rounding rounding, bool finite = false);

/// The value of a number given by its bits.
double widen(uint32_t bits, const FloatFormat& format);

/// a + b, with the last bit of the mantissa set where the sum was not exact ("rounding to odd").
/// Rounding such a sum once more, to a format at least two bits narrower, gives what one rounding
/// of the exact sum gives, in any direction (Boldo and Melquiond 2008).
double addToOdd(double a, double b);

inline float widenBfloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

/// Round to nearest even; NaN becomes NVIDIA's 0x7FFF.
inline uint16_t narrowBfloat(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto rounded = static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
  return (bits & 0x7FFFFFFF) > 0x7F800000 ? uint16_t{0x7FFF} : rounded;
}

inline float widenHalf(uint16_t bits) {
  // Shifted into place, a half is 2^-112 of its value as a float, subnormal numbers too.
  const uint32_t magnitude = static_cast<uint32_t>(bits & 0x7FFF) << 13;
  const float scaled = std::bit_cast<float>(magnitude) * 0x1p112F;
  const uint32_t special = magnitude | 0x7F800000;  // infinity and NaN keep their mantissa
  const uint32_t value = magnitude >= 0x0F800000 ? special : std::bit_cast<uint32_t>(scaled);
  return std::bit_cast<float>(value | static_cast<uint32_t>(bits & 0x8000) << 16);
}

inline float flushed(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return (bits & 0x7F800000) == 0 ? std::bit_cast<float>(bits & 0x80000000) : value;
}

}  // namespace lectern::ptx
