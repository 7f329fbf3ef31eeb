// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/float_format.h"

#include <algorithm>
#include <cmath>

namespace lectern::ptx {
namespace {

bool roundsUp(double rest, bool isOdd, bool isNegative, Rounding rounding) {
  switch (rounding) {
    case Rounding::Nearest:
      return rest > 0.5 || (rest == 0.5 && isOdd);
    case Rounding::NearestAway:
      return rest >= 0.5;
    case Rounding::Zero:
      return false;
    case Rounding::Down:
      return rest > 0 && isNegative;
    case Rounding::Up:
      return rest > 0 && !isNegative;
  }
  return false;
}

uint32_t overflow(uint32_t largest, bool isNegative, const FloatFormat& format, Rounding rounding) {
  const bool staysFinite = rounding == Rounding::Zero ||
                           (rounding == Rounding::Down && !isNegative) ||
                           (rounding == Rounding::Up && isNegative);
  return staysFinite || !format.hasInfinity ? largest : largest + 1;
}

}  // namespace

uint32_t narrow(double value, const FloatFormat& format, Rounding rounding, bool finite) {
  const uint32_t sign = (std::signbit(value) ? 1U : 0U)
                        << (format.exponentBits + format.mantissaBits);
  if (std::isnan(value)) return format.nan;
  const int bias = (1 << (format.exponentBits - 1)) - 1;
  const uint32_t infinity = ((1U << format.exponentBits) - 1) << format.mantissaBits;
  const uint32_t largest = format.hasInfinity ? infinity - 1 : format.nan - 1;
  const double magnitude = std::fabs(value);
  if (std::isinf(magnitude)) {
    return sign | (finite || !format.hasInfinity ? largest : infinity);
  }
  if (magnitude == 0) return sign;
  // Counted in units of the last place, the bits of exponent and mantissa are one number, and
  // rounding up carries from one into the other by itself.
  const int exponent = std::max(std::ilogb(magnitude), 1 - bias);
  const double units = std::ldexp(magnitude, format.mantissaBits - exponent);
  const double whole = std::floor(units);
  auto bits = static_cast<uint64_t>(whole) +
              (static_cast<uint64_t>(exponent + bias - 1) << format.mantissaBits);
  if (roundsUp(units - whole, std::fmod(whole, 2) != 0, sign != 0, rounding)) ++bits;
  if (bits > largest) {
    return sign | (finite ? largest : overflow(largest, sign != 0, format, rounding));
  }
  return sign | static_cast<uint32_t>(bits);
}

double widen(uint32_t bits, const FloatFormat& format) {
  const uint32_t mantissa = bits & ((1U << format.mantissaBits) - 1);
  const uint32_t exponent = bits >> format.mantissaBits & ((1U << format.exponentBits) - 1);
  const bool isNegative = (bits >> (format.mantissaBits + format.exponentBits) & 1) != 0;
  const uint32_t top = (1U << format.exponentBits) - 1;
  const int bias = (1 << (format.exponentBits - 1)) - 1;
  double value = 0;
  if (format.hasInfinity && exponent == top) {
    value = mantissa != 0 ? NAN : INFINITY;
  } else if (!format.hasInfinity && (bits & format.nan) == format.nan) {
    value = NAN;
  } else if (exponent == 0) {
    value = std::ldexp(mantissa, 1 - bias - format.mantissaBits);
  } else {
    value = std::ldexp(mantissa | 1U << format.mantissaBits,
                       static_cast<int>(exponent) - bias - format.mantissaBits);
  }
  return isNegative ? -value : value;
}

double addToOdd(double a, double b) {
  const double sum = a + b;
  if (!std::isfinite(sum)) return sum;
  // Knuth's two-sum: `error` is exactly what the addition lost.
  const double bPart = sum - a;
  const double error = (a - (sum - bPart)) + (b - bPart);
  if (error == 0) return sum;
  const auto bits = std::bit_cast<uint64_t>(sum);
  if ((bits & 1) != 0) return sum;
  // The exact sum lies between two neighbours; the odd one of them is the one toward the error.
  return std::nextafter(sum, error > 0 ? INFINITY : -INFINITY);
}

}  // namespace lectern::ptx
