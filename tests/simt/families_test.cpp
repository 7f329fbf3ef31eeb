// SPDX-License-Identifier: GPL-3.0-or-later
// Whole kernels against double precision, in several orders of their threads, and with the faults
// that are easily made.
#include "tests/simt/kernels/families.h"

#include "tests/cuda_runtime/findings.h"
#include "tests/simt/device_array.h"
#include "tests/simt/simt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

namespace lectern::simt {
namespace {

using cuda_runtime::FindingKind;

/// Root of the summed squared errors over that of the squared values.
class RelativeError {
 public:
  void add(double got, double wanted) {
    errors_ += (got - wanted) * (got - wanted);
    values_ += wanted * wanted;
  }
  double value() const { return std::sqrt(errors_ / values_); }

 private:
  double errors_ = 0;
  double values_ = 0;
};

double toDouble(Bf16 value) {
  return __bfloat162float(value);
}

std::vector<float> randomFloats(size_t count, float shift = 0.0F) {
  static std::mt19937 random(7);
  std::normal_distribution<float> normal(shift, 1.0F);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

std::vector<Bf16> randomBf16(size_t count) {
  std::vector<Bf16> values;
  for (const float value : randomFloats(count)) values.push_back(__float2bfloat16(value));
  return values;
}

double normError(int rows, int columns, Flaw flaw) {
  const size_t count = static_cast<size_t>(rows) * static_cast<size_t>(columns);
  const std::vector<Bf16> x = randomBf16(count);
  const std::vector<Bf16> delta = randomBf16(count);
  const std::vector<Bf16> weight = randomBf16(static_cast<size_t>(columns));
  const DeviceArray<Bf16> dx(x);
  const DeviceArray<Bf16> dDelta(delta);
  const DeviceArray<Bf16> dWeight(weight);
  const DeviceArray<Bf16> dy(count);
  EXPECT_EQ(launchNorm({dx.data(), dDelta.data(), dWeight.data(), dy.data(), rows, columns, 1e-6F},
                       flaw, nullptr),
            cudaSuccess);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  const std::vector<Bf16> y = dy.read();
  RelativeError error;
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    std::vector<double> sums;
    double squares = 0;
    for (size_t c = row * static_cast<size_t>(columns); sums.size() < static_cast<size_t>(columns);
         ++c) {
      sums.push_back(
          toDouble(__float2bfloat16(static_cast<float>(toDouble(x[c]) + toDouble(delta[c])))));
      squares += sums.back() * sums.back();
    }
    const double factor = 1 / std::sqrt(squares / columns + 1e-6);
    for (size_t c = 0; c < sums.size(); ++c) {
      error.add(toDouble(y[row * sums.size() + c]), sums[c] * factor * toDouble(weight[c]));
    }
  }
  return error.value();
}

double scanError(int tokens, int channels, int chunkTokens, Flaw flaw) {
  const auto t = static_cast<size_t>(tokens);
  const auto d = static_cast<size_t>(channels);
  const auto chunks = static_cast<size_t>((tokens + chunkTokens - 1) / chunkTokens);
  const std::vector<Bf16> x = randomBf16(t * d);
  const std::vector<Bf16> dt = randomBf16(t * d);
  const std::vector<Bf16> z = randomBf16(t * d);
  const std::vector<float> b = randomFloats(t * kScanStates);
  const std::vector<float> c = randomFloats(t * kScanStates);
  const std::vector<float> skip = randomFloats(d);
  const std::vector<float> bias = randomFloats(d, -3.0F);
  const std::vector<float> first = randomFloats(d * kScanStates);
  std::vector<float> decay(d * kScanStates);
  for (size_t i = 0; i < decay.size(); ++i)
    decay[i] = -static_cast<float>(1 + i % kScanStates) * 1.4426950F;

  const DeviceArray<Bf16> dx(x);
  const DeviceArray<Bf16> ddt(dt);
  const DeviceArray<Bf16> dz(z);
  const DeviceArray<float> dA(decay);
  const DeviceArray<float> dB(b);
  const DeviceArray<float> dC(c);
  const DeviceArray<float> dSkip(skip);
  const DeviceArray<float> dBias(bias);
  const DeviceArray<float> carries(chunks * d * kScanStates);
  const DeviceArray<float> sums(chunks * d);
  const DeviceArray<float> dState(first);
  const DeviceArray<Bf16> dy(t * d);
  const ScanRun run{dx.data(),     ddt.data(),   dz.data(),    dA.data(),      dB.data(),
                    dC.data(),     dSkip.data(), dBias.data(), carries.data(), sums.data(),
                    dState.data(), dy.data(),    tokens,       channels,       chunkTokens};
  EXPECT_EQ(launchScan(run, flaw, nullptr), cudaSuccess);
  const std::vector<Bf16> y = dy.read();
  const std::vector<float> last = dState.read();

  RelativeError error;
  for (size_t channel = 0; channel < d; ++channel) {
    std::vector<double> h(first.begin() + static_cast<std::ptrdiff_t>(channel * kScanStates),
                          first.begin() + static_cast<std::ptrdiff_t>((channel + 1) * kScanStates));
    for (size_t token = 0; token < t; ++token) {
      const size_t at = token * d + channel;
      const double step = std::log1p(std::exp(toDouble(dt[at]) + bias[channel]));
      double sum = skip[channel] * toDouble(x[at]);
      for (size_t n = 0; n < kScanStates; ++n) {
        h[n] = std::exp2(step * decay[channel * kScanStates + n]) * h[n] +
               step * toDouble(x[at]) * b[token * kScanStates + n];
        sum += h[n] * c[token * kScanStates + n];
      }
      error.add(toDouble(y[at]), sum * toDouble(z[at]) / (1 + std::exp(-toDouble(z[at]))));
    }
    for (size_t n = 0; n < kScanStates; ++n) error.add(last[channel * kScanStates + n], h[n]);
  }
  return error.value();
}

double decodeError(int tokens, int kvHeads, int splits, Flaw flaw) {
  const auto t = static_cast<size_t>(tokens);
  const size_t heads = static_cast<size_t>(kvHeads) * kHeadsPerKv;
  const std::vector<Bf16> q = randomBf16(heads * kHeadDim);
  const std::vector<Bf16> k = randomBf16(static_cast<size_t>(kvHeads) * t * kHeadDim);
  const std::vector<Bf16> v = randomBf16(k.size());
  const DeviceArray<Bf16> dq(q);
  const DeviceArray<Bf16> dk(k);
  const DeviceArray<Bf16> dv(v);
  const DeviceArray<float> partial(static_cast<size_t>(splits) * heads * (kHeadDim + 2));
  const DeviceArray<Bf16> out(heads * kHeadDim);
  const float scale = 1 / std::sqrt(static_cast<float>(kHeadDim));
  EXPECT_EQ(launchDecode({dq.data(), dk.data(), dv.data(), partial.data(), out.data(), tokens,
                          kvHeads, splits, scale},
                         flaw, nullptr),
            cudaSuccess);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  const std::vector<Bf16> got = out.read();

  RelativeError error;
  for (size_t head = 0; head < heads; ++head) {
    const size_t cache = head / kHeadsPerKv * t * kHeadDim;
    std::vector<double> weights(t);
    for (size_t token = 0; token < t; ++token) {
      double score = 0;
      for (size_t i = 0; i < kHeadDim; ++i) {
        score += toDouble(q[head * kHeadDim + i]) * toDouble(k[cache + token * kHeadDim + i]);
      }
      weights[token] = score * scale;
    }
    const double maximum = *std::max_element(weights.begin(), weights.end());
    double denominator = 0;
    for (double& weight : weights) denominator += weight = std::exp(weight - maximum);
    for (size_t i = 0; i < kHeadDim; ++i) {
      double sum = 0;
      for (size_t token = 0; token < t; ++token)
        sum += weights[token] * toDouble(v[cache + token * kHeadDim + i]);
      error.add(toDouble(got[head * kHeadDim + i]), sum / denominator);
    }
  }
  return error.value();
}

double matrixError(int m, int n, int k, Flaw flaw) {
  const std::vector<Bf16> a = randomBf16(static_cast<size_t>(m * k));
  const std::vector<Bf16> b = randomBf16(static_cast<size_t>(k * n));
  const DeviceArray<Bf16> da(a);
  const DeviceArray<Bf16> db(b);
  const DeviceArray<float> dc(static_cast<size_t>(m * n));
  EXPECT_EQ(launchMatrix({da.data(), db.data(), dc.data(), m, n, k}, flaw, nullptr), cudaSuccess);
  const std::vector<float> c = dc.read();
  RelativeError error;
  for (int row = 0; row < m; ++row) {
    for (int column = 0; column < n; ++column) {
      double sum = 0;
      for (int i = 0; i < k; ++i) {
        sum += toDouble(a[static_cast<size_t>(row * k + i)]) *
               toDouble(b[static_cast<size_t>(i * n + column)]);
      }
      error.add(c[static_cast<size_t>(row * n + column)], sum);
    }
  }
  return error.value();
}

constexpr double kBf16Output = 4e-3;  // half a unit of eight bits is 2e-3

class Families : public ::testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override { reset({.seed = GetParam(), .preemptEvery = GetParam() == 0 ? 0 : 5}); }
  void TearDown() override { EXPECT_EQ(cuda_runtime::findingsText(), ""); }
};
INSTANTIATE_TEST_SUITE_P(Seeds, Families, ::testing::Values(0U, 1U, 2U, 3U));

TEST_P(Families, NormAgreesWithDoubles) {
  EXPECT_LT(normError(8, 4096, Flaw::None), kBf16Output);
  EXPECT_LT(normError(3, 2568, Flaw::None), kBf16Output);
}

TEST_P(Families, ScanAgreesWithDoubles) {
  EXPECT_LT(scanError(150, 128, 64, Flaw::None), kBf16Output);
  EXPECT_LT(scanError(33, 128, 512, Flaw::None), kBf16Output);
}

TEST_P(Families, DecodeAgreesWithDoubles) {
  EXPECT_LT(decodeError(300, 2, 3, Flaw::None), kBf16Output);
  EXPECT_LT(decodeError(7, 1, 3, Flaw::None), kBf16Output);
}

TEST_P(Families, TensorCoreTilesAgreeWithDoubles) {
  EXPECT_LT(matrixError(64, 32, 64, Flaw::None), 1e-6);
}

TEST_P(Families, IntegerTilesAreExact) {
  const int m = 32;
  const int n = 16;
  const int k = 64;
  std::vector<int8_t> a(m * k);
  std::vector<int8_t> b(n * k);
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<int8_t>(i * 37 % 255 - 127);
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<int8_t>(i * 91 % 255 - 127);
  const DeviceArray<int8_t> da(a);
  const DeviceArray<int8_t> db(b);
  const DeviceArray<int> dc(m * n);
  ASSERT_EQ(launchMatrixS8({da.data(), db.data(), dc.data(), m, n, k}, nullptr), cudaSuccess);
  const std::vector<int> c = dc.read();
  for (int row = 0; row < m; ++row) {
    for (int column = 0; column < n; ++column) {
      int sum = 0;
      for (int i = 0; i < k; ++i) {
        sum += a[static_cast<size_t>(row * k + i)] * b[static_cast<size_t>(column * k + i)];
      }
      ASSERT_EQ(c[static_cast<size_t>(row * n + column)], sum) << row << ' ' << column;
    }
  }
}

TEST(FamiliesTraffic, PaddingTakesTheConflictsAway) {
  reset({.lines = true});
  decodeError(300, 2, 3, Flaw::None);
  const Traffic padded = launches().at(0).traffic;
  clearLaunches();
  decodeError(300, 2, 3, Flaw::UnpaddedTile);
  const Traffic dense = launches().at(0).traffic;
  EXPECT_EQ(padded.wavefronts, padded.idealWavefronts);
  EXPECT_EQ(dense.idealWavefronts, padded.idealWavefronts);
  EXPECT_GT(dense.wavefronts, dense.idealWavefronts * 3 / 2);
  EXPECT_NE(launches().at(0).lines.at(0).line.find("decode.cu:"), std::string::npos);
}

TEST(FamiliesTraffic, NormReadsAndWritesEachByteOnce) {
  reset();
  const int rows = 16;
  const int columns = 4096;
  normError(rows, columns, Flaw::None);
  const Traffic traffic = totalTraffic();
  // x and delta read, x and y written once; the weight once for every row.
  EXPECT_EQ(traffic.sectors * 32, 2 * (4 * rows * columns + rows * columns));
  EXPECT_EQ(traffic.globalBytes, traffic.sectors * 32);
  EXPECT_EQ(traffic.distinctSectors * 32, 2 * (4 * rows * columns + columns));
}

/// Whether one of the findings is of this kind, in a kernel of this name.
bool found(FindingKind kind, const std::string& kernel) {
  const auto& all = cuda_runtime::findings();
  return std::any_of(all.begin(), all.end(), [&](const cuda_runtime::Finding& f) {
    return f.kind == kind && f.kernel.rfind(kernel, 0) == 0;
  });
}

TEST(FamiliesFaults, AreReported) {
  for (const uint32_t seed : {0U, 1U}) {
    const Options options{.seed = seed, .preemptEvery = seed == 0 ? 0 : 5};
    reset(options);
    normError(2, 4096, Flaw::MissingBarrier);
    EXPECT_TRUE(found(FindingKind::Race, "normRow")) << cuda_runtime::findingsText();
    reset(options);
    normError(2, 2568, Flaw::PastTheEnd);
    EXPECT_TRUE(found(FindingKind::OutOfBounds, "normRow") || found(FindingKind::Race, "normRow"))
        << cuda_runtime::findingsText();
    reset(options);
    normError(1, 2568, Flaw::PastTheEnd);
    EXPECT_TRUE(found(FindingKind::OutOfBounds, "normRow")) << cuda_runtime::findingsText();
    reset(options);
    scanError(150, 128, 64, Flaw::MissingBarrier);
    EXPECT_TRUE(found(FindingKind::Race, "scanChunk")) << cuda_runtime::findingsText();
    reset(options);
    decodeError(200, 1, 2, Flaw::MissingBarrier);
    EXPECT_TRUE(found(FindingKind::Race, "decodeSpan")) << cuda_runtime::findingsText();
    reset(options);
    decodeError(201, 1, 2, Flaw::PastTheEnd);
    EXPECT_TRUE(found(FindingKind::OutOfBounds, "decodeSpan")) << cuda_runtime::findingsText();
    reset(options);
    decodeError(200, 1, 2, Flaw::MissingAsyncWait);
    EXPECT_TRUE(found(FindingKind::InFlight, "decodeSpan")) << cuda_runtime::findingsText();
    reset(options);
    decodeError(200, 1, 2, Flaw::MissingBarrierBeforeReuse);
    EXPECT_TRUE(found(FindingKind::Race, "decodeSpan")) << cuda_runtime::findingsText();
    reset(options);
    matrixError(32, 16, 32, Flaw::MissingSyncwarp);
    EXPECT_TRUE(found(FindingKind::Race, "matrixTile")) << cuda_runtime::findingsText();
  }
}

}  // namespace
}  // namespace lectern::simt
