// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/float_format.h"
#include "tests/ptx/ptx_test.h"

#include <algorithm>
#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace lectern::ptx {
namespace {

class PtxFloats : public PtxTest {};

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kTiny = std::numeric_limits<float>::denorm_min();
constexpr float kLargest = std::numeric_limits<float>::max();

// The host's own rounding modes are the oracle. The volatile copies keep the compiler from
// computing ahead, in its own mode.
template <class Compute>
float rounded(int mode, Compute compute) {
  const int before = std::fegetround();
  std::fesetround(mode);
  volatile float result = compute();
  std::fesetround(before);
  return result;
}

template <class T>
T opaque(T value) {
  volatile T kept = value;
  return kept;
}

bool isNanBits(uint32_t bits) {
  return (bits & 0x7FFFFFFF) > 0x7F800000;
}

void expectSameFloat(uint32_t actual, float expected, const std::string& what) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(isNanBits(actual)) << what;
  } else {
    EXPECT_EQ(actual, std::bit_cast<uint32_t>(expected)) << what;
  }
}

TEST_P(PtxFloats, RoundAsTheHostDoes) {
  load("floats");
  if (module_ == nullptr) return;
  const std::vector<float> values{0.0F,      -0.0F,      1.0F,   -1.5F,     0.1F,      3.3333333F,
                                  kTiny,     -kTiny,     1e-40F, 1e30F,     -1e30F,    kLargest,
                                  kInfinity, -kInfinity, kNan,   0x1p-126F, 1.0000001F};
  std::vector<float> a;
  std::vector<float> b;
  std::vector<float> c;
  for (const float x : values) {
    for (const float y : values) {
      a.push_back(x);
      b.push_back(y);
      c.push_back(values[(a.size() * 7) % values.size()]);
    }
  }
  const auto n = static_cast<int>(a.size());
  const auto out = buffer<uint32_t>(a.size() * 18);
  run("singles", n, buffer(a).data(), buffer(b).data(), buffer(c).data(), out.data(), n);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const float x = opaque(a[i]);
    const float y = opaque(b[i]);
    const float z = opaque(c[i]);
    const auto add = [&] { return opaque(x) + opaque(y); };
    const auto multiply = [&] { return opaque(x) * opaque(y); };
    const auto fused = [&] { return std::fma(opaque(x), opaque(y), opaque(z)); };
    const bool someNan = std::isnan(x) || std::isnan(y);
    float smaller = std::fmin(x, y);
    float larger = std::fmax(x, y);
    if (x == 0 && y == 0) {
      smaller = std::signbit(x) ? x : y;
      larger = std::signbit(x) ? y : x;
    }
    const std::vector<float> expected{
        rounded(FE_TONEAREST, add),
        rounded(FE_TOWARDZERO, add),
        rounded(FE_UPWARD, add),
        rounded(FE_DOWNWARD, add),
        rounded(FE_TONEAREST, multiply),
        rounded(FE_TOWARDZERO, multiply),
        rounded(FE_TONEAREST, fused),
        rounded(FE_UPWARD, fused),
        x / y,
        std::sqrt(x),
        smaller,
        larger,
        std::isnan(x) || x <= 0 ? 0.0F : std::min(x, 1.0F),
        someNan ? kNan : smaller,
        flushed(flushed(x) + flushed(y)),
        std::exp2(x),
        std::copysign(x, y),
        someNan  ? 3.0F
        : x <= y ? 1.0F
                 : 2.0F,
    };
    for (std::size_t column = 0; column < expected.size(); ++column) {
      const uint32_t actual = out[i * 18 + column];
      const std::string what = "column " + std::to_string(column) + " of " + std::to_string(x) +
                               ", " + std::to_string(y) + ", " + std::to_string(z);
      // Rounded down, a sum of nothing is −0 on the host and in PTX alike, but not for the
      // interpreter's exact zero; the sign of such a zero is all that may differ.
      if (expected[column] == 0 && (actual & 0x7FFFFFFF) == 0 && column == 3) continue;
      expectSameFloat(actual, expected[column], what);
    }
  }
}

// Exactly, in binary: numbers of these formats and their products are exact in long double.
uint32_t oraclePair(uint32_t a, uint32_t b, uint32_t c, const FloatFormat& format, bool relu) {
  uint32_t result = 0;
  for (const int shift : {0, 16}) {
    const long double exact = static_cast<long double>(widen(a >> shift & 0xFFFF, format)) *
                                  widen(b >> shift & 0xFFFF, format) +
                              widen(c >> shift & 0xFFFF, format);
    long double kept = exact;
    if (relu && kept <= 0) kept = 0;
    result |= narrow(static_cast<double>(kept), format, Rounding::Nearest) << shift;
  }
  return result;
}

uint32_t byHalves(uint32_t a,
                  uint32_t b,
                  const FloatFormat& format,
                  double (*compute)(double, double)) {
  uint32_t result = 0;
  for (const int shift : {0, 16}) {
    const double value =
        compute(widen(a >> shift & 0xFFFF, format), widen(b >> shift & 0xFFFF, format));
    result |= narrow(value, format, Rounding::Nearest) << shift;
  }
  return result;
}

TEST_P(PtxFloats, ComputePairsOfHalves) {
  load("floats");
  if (module_ == nullptr) return;
  // One and neighbours, subnormal, largest, infinity, NaN, in f16 and in bf16 terms.
  const std::vector<uint32_t> values{0x3C003C01, 0xBC003800, 0x00010002, 0x7BFF7BFF,
                                     0x7C00FC00, 0x7E007E00, 0x3F803F81, 0xC0490FDB};
  std::vector<uint32_t> a;
  std::vector<uint32_t> b;
  std::vector<uint32_t> c;
  for (const uint32_t x : values) {
    for (const uint32_t y : values) {
      a.push_back(x);
      b.push_back(y);
      c.push_back(values[(a.size() * 5) % values.size()]);
    }
  }
  const auto n = static_cast<int>(a.size());
  const auto out = buffer<uint32_t>(a.size() * 8);
  run("pairs", n, buffer(a).data(), buffer(b).data(), buffer(c).data(), out.data(), n);
  const auto larger = [](double x, double y) { return std::fmax(x, y); };
  const auto smallerOrNan = [](double x, double y) {
    return std::isnan(x) || std::isnan(y) ? NAN : std::fmin(x, y);
  };
  for (std::size_t i = 0; i < a.size(); ++i) {
    const uint32_t* row = &out[i * 8];
    EXPECT_EQ(row[0], oraclePair(a[i], b[i], c[i], kHalf, false)) << i;
    EXPECT_EQ(row[1], oraclePair(a[i], b[i], c[i], kBfloat, false)) << i;
    EXPECT_EQ(row[2], byHalves(a[i], b[i], kHalf, [](double x, double y) { return x + y; })) << i;
    EXPECT_EQ(row[3], byHalves(a[i], b[i], kHalf, [](double x, double y) { return x * y; })) << i;
    EXPECT_EQ(row[4], byHalves(a[i], b[i], kBfloat, larger)) << i;
    EXPECT_EQ(row[5], byHalves(a[i], b[i], kHalf, smallerOrNan)) << i;
    EXPECT_EQ(row[6], oraclePair(a[i], b[i], c[i], kBfloat, true)) << i;
    EXPECT_EQ(row[7], byHalves(a[i], 0, kHalf, [](double x, double) { return -x; })) << i;
  }
}

template <class T>
T saturatedTo(double value) {
  if (std::isnan(value)) return 0;
  if (value < static_cast<double>(std::numeric_limits<T>::min()))
    return std::numeric_limits<T>::min();
  if (value >= static_cast<double>(std::numeric_limits<T>::max()))
    return std::numeric_limits<T>::max();
  return static_cast<T>(value);
}

TEST_P(PtxFloats, ConvertWithEveryRoundingAndSaturation) {
  load("floats");
  if (module_ == nullptr) return;
  const std::vector<float> a{
      0.0F,        -0.0F,      0.5F,     1.5F,      2.5F,       -2.5F,      -0.75F,
      127.5F,      -128.7F,    3e9F,     -3e9F,     5e18F,      2e19F,      65504.0F,
      65520.0F,    1e-5F,      6e-8F,    kInfinity, -kInfinity, kNan,       1.00390625F,
      1.01171875F, 3.1415927F, kLargest, kTiny,     0x1.002p0F, 0x1.003p0F, -7.0F};
  std::vector<double> d;
  for (std::size_t i = 0; i < a.size(); ++i) {
    d.push_back(static_cast<double>(a[i]) * (1 + 1e-9) + (i % 3 == 0 ? 1e-300 : 0));
  }
  const auto n = static_cast<int>(a.size());
  const auto out = buffer<uint32_t>(a.size() * 28);
  run("conversions", n, buffer(a).data(), buffer(d).data(), out.data(), n);
  for (std::size_t i = 0; i < a.size(); ++i) {
    SCOPED_TRACE(a[i]);
    const float x = a[i];
    const uint32_t bits = std::bit_cast<uint32_t>(x);
    const uint32_t* row = &out[i * 28];
    const auto narrowed = [&](int mode) {
      return rounded(mode, [&] { return static_cast<float>(opaque(d[i])); });
    };
    EXPECT_EQ(row[0], static_cast<uint32_t>(saturatedTo<int32_t>(std::nearbyint(x))));
    EXPECT_EQ(row[1], static_cast<uint32_t>(saturatedTo<int32_t>(std::trunc(x))));
    EXPECT_EQ(row[2], static_cast<uint32_t>(saturatedTo<int32_t>(std::ceil(x))));
    EXPECT_EQ(row[3], static_cast<uint32_t>(saturatedTo<int32_t>(std::floor(x))));
    EXPECT_EQ(row[4], saturatedTo<uint32_t>(std::nearbyint(x)));
    EXPECT_EQ(static_cast<int32_t>(row[5]), saturatedTo<int8_t>(std::nearbyint(x)));
    EXPECT_EQ(row[6], static_cast<uint32_t>(saturatedTo<int64_t>(std::trunc(x)) >> 32));
    expectSameFloat(row[7], std::nearbyint(x), "rint");
    expectSameFloat(row[8], narrowed(FE_TONEAREST), "to nearest");
    expectSameFloat(row[9], narrowed(FE_TOWARDZERO), "to zero");
    expectSameFloat(row[10], narrowed(FE_UPWARD), "up");
    if (std::isnan(x)) {
      EXPECT_EQ(row[11], 0x7FFFU);
      EXPECT_EQ(row[13], 0x7FFFU);
    } else {
      // The host's own half-precision conversion.
      const auto half = static_cast<_Float16>(x);
      EXPECT_EQ(row[11], std::bit_cast<uint16_t>(half));
      EXPECT_LE(std::fabs(widenHalf(static_cast<uint16_t>(row[12]))), std::fabs(x));
      const uint32_t rest = bits & 0xFFFF;
      const uint32_t upper = bits >> 16;
      const bool up = rest > 0x8000 || (rest == 0x8000 && (upper & 1) != 0);
      EXPECT_EQ(row[13], upper + (up ? 1 : 0));
      EXPECT_EQ(row[14], upper);
      EXPECT_EQ(row[15], row[13] << 16 | (row[13] ^ 0x8000));
      const uint32_t positive = x > 0 ? row[11] : 0;
      const uint32_t negated = x < 0 ? row[11] ^ 0x8000 : 0;
      EXPECT_EQ(row[16], positive << 16 | negated);
      if (std::isfinite(x)) {
        const uint32_t away = (bits & 0x7FFFFFFF) + 0x1000;
        EXPECT_EQ(row[17], (bits & 0x80000000) | (away & 0xFFFFE000));
      }
    }
    EXPECT_EQ(row[18], std::bit_cast<uint32_t>(std::isnan(x) || x <= 0 ? 0.0F : std::min(x, 1.0F)));
    EXPECT_EQ(row[19], std::bit_cast<uint32_t>(static_cast<float>(static_cast<int32_t>(bits))));
    expectSameFloat(row[20],
                    rounded(FE_TOWARDZERO, [&] { return static_cast<float>(opaque(bits)); }),
                    "from u32");
    const auto wide = std::bit_cast<uint64_t>(d[i]);
    EXPECT_EQ(row[21], std::bit_cast<uint32_t>(static_cast<float>(wide)));
    // By way of long double, which holds 64 bits, and one directed rounding.
    expectSameFloat(
        row[22],
        rounded(FE_UPWARD,
                [&] { return static_cast<float>(opaque(static_cast<long double>(wide))); }),
        "from u64");
    const auto whole = static_cast<int32_t>(bits);
    EXPECT_EQ(static_cast<int32_t>(row[23]), std::clamp(whole, -128, 127));
    EXPECT_EQ(static_cast<int32_t>(row[24]), std::clamp(whole, 0, 255));
    expectSameFloat(row[25],
                    static_cast<float>(std::bit_cast<_Float16>(static_cast<uint16_t>(bits))),
                    "from half");
    EXPECT_EQ(row[26], bits & 0xFFFF0000);
    EXPECT_EQ(static_cast<int32_t>(row[27]), static_cast<int16_t>(bits));
  }
}

// Every half there is, there and back.
TEST(PtxFloatFormat, KeepsEveryHalfAndEveryBfloat) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const double value = widen(bits, kHalf);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(widenHalf(half)));
      continue;
    }
    EXPECT_EQ(static_cast<double>(widenHalf(half)), value);
    EXPECT_EQ(value, static_cast<double>(static_cast<float>(std::bit_cast<_Float16>(half))));
    for (const Rounding rounding :
         {Rounding::Nearest, Rounding::Zero, Rounding::Up, Rounding::Down}) {
      EXPECT_EQ(narrow(value, kHalf, rounding), bits);
    }
    const double brain = widen(bits, kBfloat);
    if (std::isnan(brain)) continue;
    EXPECT_EQ(narrow(brain, kBfloat, Rounding::Nearest), bits);
  }
}

TEST(PtxFloatFormat, RoundsInEveryDirection) {
  const double between = widen(0x3C00, kHalf) + 0x1p-12;  // a quarter of the last place above one
  EXPECT_EQ(narrow(between, kHalf, Rounding::Nearest), 0x3C00U);
  EXPECT_EQ(narrow(between, kHalf, Rounding::Up), 0x3C01U);
  EXPECT_EQ(narrow(between, kHalf, Rounding::Down), 0x3C00U);
  EXPECT_EQ(narrow(-between, kHalf, Rounding::Down), 0xBC01U);
  EXPECT_EQ(narrow(-between, kHalf, Rounding::Zero), 0xBC00U);
  EXPECT_EQ(narrow(65520.0, kHalf, Rounding::Nearest), 0x7C00U);
  EXPECT_EQ(narrow(65520.0, kHalf, Rounding::Zero), 0x7BFFU);
  EXPECT_EQ(narrow(1e9, kHalf, Rounding::Nearest, true), 0x7BFFU);
  EXPECT_EQ(narrow(1e9, kE4m3, Rounding::Nearest, true), 0x7EU);
  EXPECT_EQ(widen(0x7E, kE4m3), 448.0);
  EXPECT_EQ(narrow(0x1p-25, kHalf, Rounding::Nearest), 0U);
  EXPECT_EQ(narrow(0x1.8p-25, kHalf, Rounding::Nearest), 1U);
}

TEST(PtxFloatFormat, AddsToOddWithoutRoundingTwice) {
  // 1 + 2^-8 lies half-way between two bf16 numbers; a trace more must go up, and a double loses
  // it.
  const double half = 1 + 0x1p-8;
  EXPECT_EQ(narrow(half, kBfloat, Rounding::Nearest), 0x3F80U);
  EXPECT_EQ(narrow(half + 0x1p-80, kBfloat, Rounding::Nearest), 0x3F80U);
  EXPECT_EQ(narrow(addToOdd(half, 0x1p-80), kBfloat, Rounding::Nearest), 0x3F81U);
  EXPECT_EQ(narrow(addToOdd(1 + 0x1.8p-7, -0x1p-80), kBfloat, Rounding::Nearest), 0x3F81U);
}

INSTANTIATE_TEST_SUITE_P(Architectures, PtxFloats, ::testing::Values(80, 120));

}  // namespace
}  // namespace lectern::ptx
