// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/ptx_test.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace lectern::ptx {
namespace {

class PtxIntegers : public PtxTest {};

const std::vector<int32_t> kEdges{0,
                                  1,
                                  -1,
                                  2,
                                  -2,
                                  127,
                                  -128,
                                  255,
                                  65535,
                                  65536,
                                  0x01020304,
                                  -0x7F030201,
                                  std::numeric_limits<int32_t>::max(),
                                  std::numeric_limits<int32_t>::min()};

struct Pairs {
  std::vector<int32_t> a;
  std::vector<int32_t> b;
};

Pairs everyPair() {
  Pairs pairs;
  for (const int32_t a : kEdges) {
    for (const int32_t b : kEdges) {
      pairs.a.push_back(a);
      pairs.b.push_back(b);
    }
  }
  return pairs;
}

uint32_t dotOfBytes(uint32_t a, uint32_t b, bool isSigned) {
  uint32_t sum = 7;
  for (int shift = 0; shift < 32; shift += 8) {
    sum += isSigned ? static_cast<uint32_t>(int32_t{static_cast<int8_t>(a >> shift)} *
                                            int32_t{static_cast<int8_t>(b >> shift)})
                    : (a >> shift & 0xFF) * (b >> shift & 0xFF);
  }
  return sum;
}

TEST_P(PtxIntegers, ComputeAsTheHostDoesAtEveryEdge) {
  load("integers");
  if (module_ == nullptr) return;
  const Pairs pairs = everyPair();
  const auto n = static_cast<int>(pairs.a.size());
  const auto a = buffer(pairs.a);
  const auto b = buffer(pairs.b);
  const auto out = buffer<int32_t>(pairs.a.size() * 12);
  run("arithmetic", n, a.data(), b.data(), out.data(), n);
  for (std::size_t i = 0; i < pairs.a.size(); ++i) {
    const int64_t x = a[i];
    const int64_t y = b[i];
    const auto ux = static_cast<uint32_t>(a[i]);
    const auto uy = static_cast<uint32_t>(b[i]);
    const int64_t quotient = y == 0 ? 0 : x / y;
    const std::vector<uint32_t> expected{
        ux + uy,
        ux - uy,
        ux * uy,
        static_cast<uint32_t>(x * y >> 32),
        static_cast<uint32_t>(uint64_t{ux} * uy >> 32),
        static_cast<uint32_t>(std::min(x, y)),
        std::max(ux, uy),
        static_cast<uint32_t>(quotient),
        uy == 0 ? 0 : ux % uy,
        dotOfBytes(ux, uy, true),
        dotOfBytes(ux, uy, false),
        static_cast<uint32_t>(x < 0 ? -x : x),
    };
    for (std::size_t column = 0; column < expected.size(); ++column) {
      EXPECT_EQ(static_cast<uint32_t>(out[i * 12 + column]), expected[column])
          << "column " << column << " of " << x << " and " << y;
    }
  }
}

TEST_P(PtxIntegers, ComputeIn64Bits) {
  load("integers");
  if (module_ == nullptr) return;
  const std::vector<int64_t> values{
      0, 1, -1, 0x123456789ABCDEF, -0x123456789ABCDEF, 62, std::numeric_limits<int64_t>::max()};
  std::vector<int64_t> left;
  std::vector<int64_t> right;
  for (const int64_t x : values) {
    for (const int64_t y : values) {
      left.push_back(x);
      right.push_back(y);
    }
  }
  const auto n = static_cast<int>(left.size());
  const auto out = buffer<int64_t>(left.size() * 6);
  run("wide", n, buffer(left).data(), buffer(right).data(), out.data(), n);
  __extension__ using Wide = __int128;
  __extension__ using UnsignedWide = unsigned __int128;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const int64_t x = left[i];
    const int64_t y = right[i];
    const std::vector<int64_t> expected{
        static_cast<int64_t>(Wide{x} * y >> 64),
        static_cast<int64_t>(UnsignedWide{static_cast<uint64_t>(x)} * static_cast<uint64_t>(y) >>
                             64),
        static_cast<int64_t>(
            static_cast<uint64_t>(int64_t{static_cast<int32_t>(x)} * static_cast<int32_t>(y)) +
            static_cast<uint64_t>(x)),
        y == 0 ? 0 : x / y,
        std::countl_zero(static_cast<uint64_t>(x)),
        x >> (y & 63),
    };
    for (std::size_t column = 0; column < expected.size(); ++column) {
      EXPECT_EQ(out[i * 6 + column], expected[column])
          << "column " << column << " of " << x << ", " << y;
    }
  }
}

TEST_P(PtxIntegers, KnowEveryTableOfThreeBits) {
  load("integers");
  if (module_ == nullptr) return;
  // Eight neighbouring bits of these three hold every combination; the rest is whatever.
  const std::vector<uint32_t> sources{0xF0F0A55A, 0xCCCC1234, 0xAAAA9876};
  const auto out = buffer<uint32_t>(256);
  const LaunchReport report = run("everyTable", 1, buffer(sources).data(), out.data());
  for (uint32_t table = 0; table < 256; ++table) {
    uint32_t expected = 0;
    for (int bit = 0; bit < 32; ++bit) {
      const uint32_t row =
          (sources[0] >> bit & 1) << 2 | (sources[1] >> bit & 1) << 1 | (sources[2] >> bit & 1);
      expected |= (table >> row & 1) << bit;
    }
    EXPECT_EQ(out[table], expected) << "table " << table;
  }
  EXPECT_EQ(report.warpInstructions.at("lop3.b32"), 256);
  EXPECT_EQ(report.threadInstructions.at("lop3.b32"), 256);
}

// The definitions of the PTX manual, bit by bit.
uint32_t extractBits(uint32_t a, uint32_t position, uint32_t length, bool isSigned) {
  position &= 255;
  length &= 255;
  const uint32_t last = std::min(position + length - 1, 31U);
  const uint32_t sign = isSigned && length != 0 ? a >> last & 1 : 0;
  uint32_t result = 0;
  for (uint32_t i = 0; i < 32; ++i) {
    result |= (i < length && position + i <= 31 ? a >> (position + i) & 1 : sign) << i;
  }
  return result;
}

uint32_t insertBits(uint32_t a, uint32_t into, uint32_t position, uint32_t length) {
  position &= 255;
  length &= 255;
  for (uint32_t i = 0; i < length && position + i <= 31; ++i) {
    into = (into & ~(1U << (position + i))) | (a >> i & 1) << (position + i);
  }
  return into;
}

uint32_t permuteBytes(uint32_t a, uint32_t b, uint32_t selector) {
  uint32_t result = 0;
  for (uint32_t i = 0; i < 4; ++i) {
    const uint32_t choice = selector >> (4 * i) & 15;
    const uint32_t word = (choice & 4) != 0 ? b : a;
    uint32_t byte = word >> (8 * (choice & 3)) & 0xFF;
    if (choice >= 8) byte = byte >= 0x80 ? 0xFF : 0;
    result |= byte << (8 * i);
  }
  return result;
}

TEST_P(PtxIntegers, MoveBitsAsTheManualDefines) {
  load("integers");
  if (module_ == nullptr) return;
  std::vector<uint32_t> a;
  std::vector<uint32_t> b;
  std::vector<uint32_t> c;
  for (const uint32_t value : {0U, 1U, 0x80000000U, 0x8F7E6D5CU, ~0U}) {
    for (const uint32_t second : {0U, 3U, 7U, 31U, 32U, 40U, 255U, 0x76543210U}) {
      for (const uint32_t third : {0U, 1U, 5U, 31U, 32U, 33U, 0x5140U, 0xFEDCBA98U}) {
        a.push_back(value);
        b.push_back(second);
        c.push_back(third);
      }
    }
  }
  const auto n = static_cast<int>(a.size());
  const auto out = buffer<uint32_t>(a.size() * 16);
  run("bits", n, buffer(a).data(), buffer(b).data(), buffer(c).data(), out.data(), n);
  constexpr uint32_t kForward[] = {0x3210, 0x4321, 0x5432, 0x6543};
  constexpr uint32_t kBackward[] = {0x5670, 0x6701, 0x7012, 0x0123};
  for (std::size_t i = 0; i < a.size(); ++i) {
    const uint64_t both = uint64_t{b[i]} << 32 | a[i];
    const uint32_t wrap = c[i] & 31;
    const uint32_t clamp = std::min(c[i], 32U);
    const uint32_t magnitude = (a[i] & 0x80000000) != 0 ? ~a[i] : a[i];
    const std::vector<uint32_t> expected{
        static_cast<uint32_t>(both << wrap >> 32),
        static_cast<uint32_t>(both >> wrap),
        static_cast<uint32_t>(both << clamp >> 32),
        static_cast<uint32_t>(both >> clamp),
        permuteBytes(a[i], b[i], c[i]),
        permuteBytes(a[i], b[i], kForward[c[i] & 3]),
        permuteBytes(a[i], b[i], kBackward[c[i] & 3]),
        extractBits(a[i], b[i], c[i], false),
        extractBits(a[i], b[i], c[i], true),
        insertBits(a[i], ~a[i], b[i], c[i]),
        static_cast<uint32_t>(std::popcount(a[i])),
        extractBits(out[i * 16 + 11], 0, 32, false),
        a[i] == 0 ? ~0U : static_cast<uint32_t>(31 - std::countl_zero(a[i])),
        magnitude == 0 ? ~0U : static_cast<uint32_t>(std::countl_zero(magnitude)),
        c[i] > 31 ? 0 : a[i] << c[i],
        static_cast<uint32_t>(static_cast<int32_t>(a[i]) >> std::min(c[i], 31U)),
    };
    for (std::size_t column = 0; column < expected.size(); ++column) {
      EXPECT_EQ(out[i * 16 + column], expected[column])
          << "column " << column << " of " << a[i] << ", " << b[i] << ", " << c[i];
    }
    uint32_t reversed = 0;
    for (int bit = 0; bit < 32; ++bit) reversed |= (a[i] >> bit & 1) << (31 - bit);
    EXPECT_EQ(out[i * 16 + 11], reversed);
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, PtxIntegers, ::testing::Values(80, 120));

}  // namespace
}  // namespace lectern::ptx
