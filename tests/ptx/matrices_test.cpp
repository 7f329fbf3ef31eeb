// SPDX-License-Identifier: GPL-3.0-or-later
// Tensor-core instructions against sums in double.
#include "tests/ptx/float_format.h"
#include "tests/ptx/ptx_test.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace lectern::ptx {
namespace {

constexpr int kRows = 16;
constexpr int kColumns = 8;

class PtxMatrices : public PtxTest {
 protected:
  std::vector<double> randomValues(int count) {
    std::normal_distribution<double> normal;
    std::vector<double> values(static_cast<std::size_t>(count));
    for (double& value : values) value = normal(random_);
    return values;
  }
  std::vector<uint16_t> narrowed(const std::vector<double>& values, const FloatFormat& format) {
    std::vector<uint16_t> bits;
    for (const double value : values) {
      bits.push_back(static_cast<uint16_t>(narrow(value, format, Rounding::Nearest)));
    }
    return bits;
  }
  static std::vector<double> widened(const std::vector<uint16_t>& bits, const FloatFormat& format) {
    std::vector<double> values;
    for (const uint16_t value : bits) values.push_back(widen(value, format));
    return values;
  }
  std::vector<float> singles(const std::vector<double>& values) {
    return {values.begin(), values.end()};
  }
  // A is rows × k, B is given by its columns: 8 × k.
  static double sum(
      const std::vector<double>& a, const std::vector<double>& b, int k, int row, int column) {
    double total = 0;
    for (int i = 0; i < k; ++i) {
      total +=
          a[static_cast<std::size_t>(row * k + i)] * b[static_cast<std::size_t>(column * k + i)];
    }
    return total;
  }
  template <class Check>
  static void forEachCell(Check check) {
    for (int row = 0; row < kRows; ++row) {
      for (int column = 0; column < kColumns; ++column) {
        check(row, column, static_cast<std::size_t>(row * kColumns + column));
      }
    }
  }

  void checkHalves(const std::string& kernel, const FloatFormat& format, int k) {
    const auto a = narrowed(randomValues(kRows * k), format);
    const auto b = narrowed(randomValues(kColumns * k), format);
    const auto c = singles(randomValues(kRows * kColumns));
    const auto d = buffer<float>(kRows * kColumns);
    run(kernel, 32, buffer(a).data(), buffer(b).data(), buffer(c).data(), d.data());
    const auto wideA = widened(a, format);
    const auto wideB = widened(b, format);
    forEachCell([&](int row, int column, std::size_t at) {
      const double expected = sum(wideA, wideB, k, row, column) + c[at];
      EXPECT_EQ(d[at], static_cast<float>(expected))
          << kernel << " row " << row << " column " << column;
    });
  }

  std::mt19937 random_{42};
};

TEST_P(PtxMatrices, MultiplyHalvesAndBfloats) {
  load("matrices");
  if (module_ == nullptr) return;
  checkHalves("bfloats16", kBfloat, 16);
  checkHalves("halves16", kHalf, 16);
  checkHalves("bfloats8", kBfloat, 8);
}

TEST_P(PtxMatrices, MultiplyTensorFloats) {
  load("matrices");
  if (module_ == nullptr) return;
  const auto a = singles(randomValues(kRows * 8));
  const auto b = singles(randomValues(kColumns * 8));
  const auto c = singles(randomValues(kRows * kColumns));
  const auto d = buffer<float>(kRows * kColumns);
  run("tensorFloats8", 32, buffer(a).data(), buffer(b).data(), buffer(c).data(), d.data());
  const auto cut = [](const std::vector<float>& values) {
    std::vector<double> cutValues;
    for (const float value : values) {
      cutValues.push_back(std::bit_cast<float>(std::bit_cast<uint32_t>(value) & 0xFFFFE000));
    }
    return cutValues;
  };
  forEachCell([&](int row, int column, std::size_t at) {
    EXPECT_EQ(d[at], static_cast<float>(sum(cut(a), cut(b), 8, row, column) + c[at]));
  });
}

TEST_P(PtxMatrices, SumInHalves) {
  load("matrices");
  if (module_ == nullptr) return;
  const auto a = narrowed(randomValues(kRows * 16), kHalf);
  const auto b = narrowed(randomValues(kColumns * 16), kHalf);
  const auto c = narrowed(randomValues(kRows * kColumns), kHalf);
  const auto d = buffer<uint16_t>(kRows * kColumns);
  run("halfSums", 32, buffer(a).data(), buffer(b).data(), buffer(c).data(), d.data());
  forEachCell([&](int row, int column, std::size_t at) {
    const double expected =
        sum(widened(a, kHalf), widened(b, kHalf), 16, row, column) + widen(c[at], kHalf);
    EXPECT_EQ(d[at], narrow(expected, kHalf, Rounding::Nearest));
  });
}

TEST_P(PtxMatrices, MultiplyBytes) {
  load("matrices");
  if (module_ == nullptr) return;
  constexpr int kK = 32;
  std::uniform_int_distribution<int> bytes(-128, 127);
  std::vector<int8_t> a(kRows * kK);
  std::vector<int8_t> b(kColumns * kK);
  for (int8_t& value : a) value = static_cast<int8_t>(bytes(random_));
  for (int8_t& value : b) value = static_cast<int8_t>(bytes(random_));
  std::vector<int> c(kRows * kColumns, -7);
  c[0] = c[1] = c[2] = c[3] = std::numeric_limits<int>::max();
  c[64] = c[65] = c[66] = c[67] = std::numeric_limits<int>::min();
  const auto d = buffer<int>(kRows * kColumns);
  const auto saturated = buffer<int>(kRows * kColumns);
  run("bytes32", 32, buffer(a).data(), buffer(b).data(), buffer(c).data(), d.data());
  run("mixedBytes32", 32, buffer(a).data(), buffer(b).data(), buffer(c).data(), saturated.data());
  forEachCell([&](int row, int column, std::size_t at) {
    int64_t bothSigned = c[at];
    int64_t mixed = c[at];
    for (int i = 0; i < kK; ++i) {
      const int8_t x = a[static_cast<std::size_t>(row * kK + i)];
      const int8_t y = b[static_cast<std::size_t>(column * kK + i)];
      bothSigned += int64_t{x} * y;
      mixed += int64_t{static_cast<uint8_t>(x)} * y;
    }
    EXPECT_EQ(d[at], static_cast<int>(static_cast<uint32_t>(bothSigned)));
    EXPECT_EQ(saturated[at], std::clamp<int64_t>(mixed, std::numeric_limits<int>::min(),
                                                 std::numeric_limits<int>::max()));
  });
}

TEST_P(PtxMatrices, LoadTilesByRowsAndByColumns) {
  load("matrices");
  if (module_ == nullptr) return;
  constexpr int kK = 16;
  const auto a = narrowed(randomValues(kRows * kK), kBfloat);
  const auto b = narrowed(randomValues(kColumns * kK), kBfloat);  // k × 8, row-major this time
  const auto c = singles(randomValues(kRows * kColumns));
  const auto d = buffer<float>(kRows * kColumns);
  const LaunchReport report =
      run("loadedByRows", 32, buffer(a).data(), buffer(b).data(), buffer(c).data(), d.data());
  forEachCell([&](int row, int column, std::size_t at) {
    double expected = c[at];
    for (int i = 0; i < kK; ++i) {
      expected += widen(a[static_cast<std::size_t>(row * kK + i)], kBfloat) *
                  widen(b[static_cast<std::size_t>(i * kColumns + column)], kBfloat);
    }
    EXPECT_EQ(d[at], static_cast<float>(expected));
  });
  EXPECT_EQ(report.warpInstructions.at("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"), 1);
  EXPECT_EQ(report.warpInstructions.at("ldmatrix.sync.aligned.m8n8.x4.shared.b16"), 1);
  EXPECT_EQ(report.warpInstructions.at("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16"), 1);
}

INSTANTIATE_TEST_SUITE_P(Architectures, PtxMatrices, ::testing::Values(80, 120));

}  // namespace
}  // namespace lectern::ptx
