// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/ptx_test.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <vector>

namespace lectern::ptx {
namespace {

class PtxWarps : public PtxTest {};

struct Shuffled {
  uint32_t value;
  uint32_t inRange;
};

// The manual's pseudo-code, with lane l holding 100 + l.
Shuffled shuffled(int mode, uint32_t lane, uint32_t b, uint32_t c) {
  const uint32_t by = b & 31;
  const uint32_t clamp = c & 31;
  const uint32_t segment = c >> 8 & 31;
  const uint32_t maxLane = (lane & segment) | (clamp & ~segment);
  const uint32_t minLane = lane & segment;
  int64_t j = 0;
  bool inRange = false;
  if (mode == 0) {
    j = int64_t{lane} - by;
    inRange = j >= maxLane;
  } else if (mode == 1) {
    j = int64_t{lane} + by;
    inRange = j <= maxLane;
  } else if (mode == 2) {
    j = lane ^ by;
    inRange = j <= maxLane;
  } else {
    j = minLane | (by & ~segment);
    inRange = j <= maxLane;
  }
  return {100 + static_cast<uint32_t>(inRange ? j : lane), inRange ? 1U : 0U};
}

TEST_P(PtxWarps, ShuffleWithinSegmentsAndClamps) {
  load("warps");
  if (module_ == nullptr) return;
  std::vector<uint32_t> b;
  std::vector<uint32_t> c;
  for (const uint32_t by : {0U, 1U, 5U, 16U, 31U}) {
    // Up clamps at the low end of a segment, the others at the high end.
    for (const uint32_t segment : {0U, 16U, 24U, 31U}) {
      for (const uint32_t clamp : {0U, 31U}) {
        b.push_back(by);
        c.push_back(segment << 8 | clamp);
      }
    }
  }
  const auto cases = static_cast<int>(b.size());
  const auto out = buffer<uint32_t>(b.size() * 32 * 8);
  const LaunchReport report =
      run("shuffles", 32, buffer(b).data(), buffer(c).data(), out.data(), cases);
  for (std::size_t i = 0; i < b.size(); ++i) {
    for (uint32_t lane = 0; lane < 32; ++lane) {
      for (int mode = 0; mode < 4; ++mode) {
        const Shuffled expected = shuffled(mode, lane, b[i], c[i]);
        const std::size_t at = (i * 32 + lane) * 8 + 2 * static_cast<std::size_t>(mode);
        EXPECT_EQ(out[at], expected.value) << "mode " << mode << " lane " << lane << " case " << i;
        EXPECT_EQ(out[at + 1], expected.inRange) << "mode " << mode << " lane " << lane;
      }
    }
  }
  EXPECT_EQ(report.warpInstructions.at("shfl.sync.up.b32"), cases);
  EXPECT_EQ(report.threadInstructions.at("shfl.sync.idx.b32"), 32 * cases);
}

TEST_P(PtxWarps, VoteMatchAndReduce) {
  load("warps");
  if (module_ == nullptr) return;
  std::vector<int> values(32);
  for (int i = 0; i < 32; ++i) values[static_cast<std::size_t>(i)] = i * 5 % 7 - 2;
  const auto out = buffer<uint32_t>(32 * 12);
  run("votes", 32, buffer(values).data(), out.data());
  uint32_t sum = 0;
  uint32_t exclusive = 0;
  uint32_t ballot = 0;
  uint32_t highest = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    sum += static_cast<uint32_t>(values[i]);
    exclusive ^= static_cast<uint32_t>(values[i]);
    highest = std::max(highest, static_cast<uint32_t>(values[i]));
    if (values[i] > 3) ballot |= 1U << i;
  }
  for (std::size_t lane = 0; lane < 32; ++lane) {
    SCOPED_TRACE(lane);
    const uint32_t* row = &out[lane * 12];
    uint32_t same = 0;
    for (std::size_t i = 0; i < 32; ++i) same |= (values[i] == values[lane] ? 1U : 0U) << i;
    uint32_t thirds = 0;
    const std::size_t first = lane < 16 ? 0 : 16;
    for (std::size_t i = first; i < first + 16; ++i) thirds |= (i % 3 == 0 ? 1U : 0U) << i;
    EXPECT_EQ(row[0], ballot);
    EXPECT_EQ(row[1], 0U);
    EXPECT_EQ(row[2], 1U);
    EXPECT_EQ(row[3], same);
    EXPECT_EQ(row[4], sum);
    EXPECT_EQ(static_cast<int>(row[5]), *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(row[6], highest);
    EXPECT_EQ(row[7], exclusive);
    EXPECT_EQ(static_cast<int>(row[8]), values[lane ^ 1]);
    EXPECT_EQ(row[9], thirds);
    EXPECT_EQ(row[10], lane < 8 ? 0xFFU : 0xFFFFFF00U);
    EXPECT_EQ(row[11], lane < 8 ? 0xFBU : 0U);
  }
}

int divergeOnHost(int lane, int steps, int before) {
  int sum = 0;
  for (int i = 0; i < steps; ++i) {
    if (i % 3 == lane % 3) {
      sum += 10;
      if (i > 6) break;
    } else {
      sum += i;
    }
  }
  switch (steps & 15) {
    case 0:
      return sum + 1000;
    case 1:
      return sum ^ 0x55;
    case 2:
      return sum * 3;
    case 3:
      return sum - 7;
    case 4:
      return sum << 2;
    case 5:
      return sum | 0x1000;
    case 6:
      return ~sum;
    case 7:
      return sum + before;
    default:
      return sum + 5;
  }
}

TEST_P(PtxWarps, GoDifferentWaysAndMeetAgain) {
  load("warps");
  if (module_ == nullptr) return;
  std::vector<int> steps(32);
  std::iota(steps.begin(), steps.end(), 0);
  const auto out = buffer(std::vector<int>(32, 3));
  run("diverge", 32, buffer(steps).data(), out.data());
  for (int lane = 0; lane < 32; ++lane) {
    const auto index = static_cast<std::size_t>(lane);
    // All 32 lanes are back together at the end.
    EXPECT_EQ(out[index], divergeOnHost(lane, steps[index], 3) + 32) << lane;
  }
}

TEST_P(PtxWarps, ReduceAtBarriersWithoutWhoHasExited) {
  load("warps");
  if (module_ == nullptr) return;
  std::vector<int> values(96);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int>(i % 5) - 2;
  const auto out = buffer<int>(70 * 3);
  run("countBarriers", 96, buffer(values).data(), out.data());
  const auto positive =
      std::count_if(values.begin(), values.begin() + 70, [](int v) { return v > 0; });
  for (std::size_t i = 0; i < 70; ++i) {
    EXPECT_EQ(out[i * 3], positive);
    EXPECT_NE(out[i * 3 + 1], 0);
    EXPECT_EQ(out[i * 3 + 2], 0);
  }
}

TEST_P(PtxWarps, SumABlockInAnyOrderOfItsWarps) {
  load("warps");
  if (module_ == nullptr) return;
  std::vector<int> values(512);
  std::iota(values.begin(), values.end(), -100);
  const auto in = buffer(values);
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    const auto out = buffer<int>(1);
    LaunchOptions options;
    options.threads[0] = 512;
    options.seed = seed;
    const LaunchReport report = launch("sumBlock", options, in.data(), out.data());
    EXPECT_TRUE(report.findings.empty());
    EXPECT_EQ(out[0], std::accumulate(values.begin(), values.end(), 0));
  }
}

TEST_P(PtxWarps, UpdateAtomically) {
  load("warps");
  if (module_ == nullptr) return;
  const auto counters = buffer(std::vector<int>{0, 0, -1, 0, 3, 0, 5, 0, 0, 0});
  const auto sums = buffer(std::vector<float>{1.0F});
  const auto old = buffer<uint32_t>(64);
  run("atomics", 64, counters.data(), sums.data(), old.data());
  EXPECT_EQ(counters[0], 64);
  EXPECT_EQ(counters[1], 30);
  EXPECT_EQ(counters[2], 37);
  EXPECT_EQ(counters[3], 0xFF);
  EXPECT_EQ(sums[0], 33.0F);
  // 64 increments from 3, modulo 10.
  EXPECT_EQ(counters[4], (3 + 64) % 10);
  EXPECT_EQ(counters[5], 77);
  EXPECT_EQ(counters[6], 6);
  EXPECT_EQ(counters[9], 128);
  EXPECT_EQ(std::count(old.begin(), old.end(), 9U), 6);
}

INSTANTIATE_TEST_SUITE_P(Architectures, PtxWarps, ::testing::Values(80, 120));

}  // namespace
}  // namespace lectern::ptx
