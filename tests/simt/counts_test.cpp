// SPDX-License-Identifier: GPL-3.0-or-later
// The counters against figures worked out by hand. A request is one instruction of one warp.
#include "tests/simt/kernels/counts.h"

#include "tests/cuda_runtime/findings.h"
#include "tests/simt/device_array.h"
#include "tests/simt/simt.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

namespace lectern::simt {
namespace {

constexpr size_t kBytes = 64 << 10;

class Counts : public ::testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override {
    reset({.seed = GetParam(), .preemptEvery = GetParam() == 0 ? 0 : 7, .lines = true});
  }

  Traffic trafficOf(cudaError_t launched) {
    EXPECT_EQ(launched, cudaSuccess);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    EXPECT_EQ(cuda_runtime::findingsText(), "");
    const Traffic traffic = totalTraffic();
    clearLaunches();
    return traffic;
  }

  /// Reads and writes alike, so half of the copy's.
  int64_t sectorsPerRequest(int width, int stride, int first) {
    const DeviceArray<uint8_t> in(std::vector<uint8_t>(kBytes, 1));
    const DeviceArray<uint8_t> out(kBytes);
    const Traffic traffic =
        trafficOf(launchStridedCopy(in.data(), out.data(), width, stride, first, 2, 64, nullptr));
    EXPECT_EQ(traffic.globalRequests, 2 * 4);  // 2 blocks of 2 warps, a read and a write
    EXPECT_EQ(traffic.globalBytes, 2 * 128 * width);
    EXPECT_EQ(traffic.sharedRequests, 0);
    EXPECT_EQ(traffic.sectors % traffic.globalRequests, 0);
    return traffic.sectors / traffic.globalRequests;
  }

  /// Wavefronts and ideal wavefronts of one read of 32 lanes; the write before it costs the same.
  std::pair<int64_t, int64_t> wavefronts(int width, int strideBytes) {
    const DeviceArray<uint8_t> in(std::vector<uint8_t>(kBytes, 1));
    const DeviceArray<uint8_t> out(kBytes);
    const Traffic traffic =
        trafficOf(launchSharedRead(in.data(), out.data(), width, strideBytes, nullptr));
    EXPECT_EQ(traffic.sharedRequests, 2);
    return {traffic.wavefronts / 2, traffic.idealWavefronts / 2};
  }
};

INSTANTIATE_TEST_SUITE_P(Seeds, Counts, ::testing::Values(0U, 1U, 2U));

TEST_P(Counts, NeighbouringLanesShareSectors) {
  EXPECT_EQ(sectorsPerRequest(1, 1, 0), 1);
  EXPECT_EQ(sectorsPerRequest(2, 1, 0), 2);
  EXPECT_EQ(sectorsPerRequest(4, 1, 0), 4);
  EXPECT_EQ(sectorsPerRequest(8, 1, 0), 8);
  EXPECT_EQ(sectorsPerRequest(16, 1, 0), 16);
}

TEST_P(Counts, AStrideCostsSectors) {
  EXPECT_EQ(sectorsPerRequest(4, 2, 0), 8);
  EXPECT_EQ(sectorsPerRequest(4, 8, 0), 32);
  EXPECT_EQ(sectorsPerRequest(4, 16, 0), 32);
  EXPECT_EQ(sectorsPerRequest(2, 8, 0), 16);
}

TEST_P(Counts, AShiftByOneElementTouchesOneSectorMore) {
  EXPECT_EQ(sectorsPerRequest(4, 1, 1), 5);
  EXPECT_EQ(sectorsPerRequest(2, 1, 1), 3);
  EXPECT_EQ(sectorsPerRequest(16, 1, 1), 17);
}

TEST_P(Counts, ABroadcastIsOneSector) {
  const DeviceArray<float> in(std::vector<float>(64, 1.0F));
  const DeviceArray<float> out(64);
  const Traffic traffic = trafficOf(launchBroadcast(in.data(), out.data(), nullptr));
  EXPECT_EQ(traffic.globalRequests, 2 + 2);
  EXPECT_EQ(traffic.sectors, 2 * 1 + 2 * 4);
  EXPECT_EQ(traffic.distinctSectors, 1 + 8);  // both warps read the same one
  EXPECT_EQ(traffic.globalBytes, 64 * 4 + 64 * 4);
}

TEST_P(Counts, LanesThatLoopOnAreRequestsOfTheirOwn) {
  const DeviceArray<float> in(std::vector<float>(32 * 32, 1.0F));
  const DeviceArray<float> out(32);
  const Traffic traffic = trafficOf(launchUnevenLoop(in.data(), out.data(), nullptr));
  EXPECT_EQ(traffic.globalRequests, 32 + 1);
  // Turn i has the lanes i … 31: floats 32 i + i … 32 i + 31, which are 4 - i / 8 sectors.
  EXPECT_EQ(traffic.sectors, 8 * (4 + 3 + 2 + 1) + 4);
  EXPECT_EQ(traffic.globalBytes, 4 * (32 * 33 / 2 + 32));
}

TEST_P(Counts, BanksAreFourBytesWide) {
  using Cost = std::pair<int64_t, int64_t>;
  EXPECT_EQ(wavefronts(4, 4), Cost(1, 1));
  EXPECT_EQ(wavefronts(4, 8), Cost(2, 1));
  EXPECT_EQ(wavefronts(4, 128), Cost(32, 1));
  EXPECT_EQ(wavefronts(4, 132), Cost(1, 1));
  EXPECT_EQ(wavefronts(8, 8), Cost(2, 2));
  EXPECT_EQ(wavefronts(8, 16), Cost(4, 2));
  EXPECT_EQ(wavefronts(16, 16), Cost(4, 4));
  EXPECT_EQ(wavefronts(16, 128), Cost(32, 4));
  EXPECT_EQ(wavefronts(16, 144), Cost(4, 4));  // 36 words: the next row starts 4 banks on
}

TEST_P(Counts, AsyncCopiesCountOnBothSides) {
  const DeviceArray<uint8_t> in(std::vector<uint8_t>(512, 1));
  const DeviceArray<uint8_t> out(512);
  const Traffic padded = trafficOf(launchLoadMatrix(in.data(), out.data(), 48, nullptr));
  EXPECT_EQ(padded.globalRequests, 2);
  EXPECT_EQ(padded.sectors, 16 + 16);
  EXPECT_EQ(padded.sharedRequests, 2);
  // Writes: a phase is 4 rows of 32 bytes, 12 words apart: banks 0-7, 12-19, 24-31, 4-11, one twice
  // in 4-7. Reads: a phase is 8 rows of 16 bytes 12 words apart: starts at 0 12 24 4 16 28 8 20,
  // all different.
  EXPECT_EQ(padded.wavefronts, 4 * 2 + 4);
  EXPECT_EQ(padded.idealWavefronts, 4 + 4);

  const Traffic dense = trafficOf(launchLoadMatrix(in.data(), out.data(), 32, nullptr));
  // Writes are one line of 128 bytes; reads start at 0 8 16 24 0 8 16 24.
  EXPECT_EQ(dense.wavefronts, 4 * 1 + 4 * 2);
}

TEST_P(Counts, AtomicsAreRequests) {
  const DeviceArray<int> one(std::vector<int>(1, 0));
  const DeviceArray<int> many(std::vector<int>(32, 0));
  const Traffic traffic = trafficOf(launchAtomics(one.data(), many.data(), nullptr));
  EXPECT_EQ(traffic.globalRequests, 2 * 4);
  EXPECT_EQ(traffic.sectors, 4 * 1 + 4 * 4);
  EXPECT_EQ(one.read()[0], 128);
  EXPECT_EQ(many.read(), std::vector<int>(32, 4));
}

TEST_P(Counts, NameTheLineThatCosts) {
  const DeviceArray<uint8_t> in(std::vector<uint8_t>(kBytes, 1));
  const DeviceArray<uint8_t> out(kBytes);
  ASSERT_EQ(launchStridedCopy(in.data(), out.data(), 4, 8, 0, 2, 64, nullptr), cudaSuccess);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  ASSERT_EQ(launches().size(), 1U);
  const LaunchReport& report = launches()[0];
  EXPECT_EQ(report.kernel, "stridedCopy<float>");
  EXPECT_EQ(report.blocksRun, 2);
  ASSERT_EQ(report.lines.size(), 2U);
  EXPECT_EQ(report.lines[0].traffic.sectors, 4 * 32);
  EXPECT_NE(report.lines[0].line.find("counts.cu:"), std::string::npos) << report.lines[0].line;
}

TEST_P(Counts, ASampleOfBlocksHasTheEdges) {
  reset({.seed = GetParam(), .sampleBlocks = 16});
  const DeviceArray<uint8_t> in(std::vector<uint8_t>(kBytes, 1));
  const DeviceArray<uint8_t> out(std::vector<uint8_t>(kBytes, 0));
  ASSERT_EQ(launchStridedCopy(in.data(), out.data(), 4, 1, 0, 256, 64, nullptr), cudaSuccess);
  const std::vector<uint8_t> copied = out.read();
  EXPECT_EQ(copied.front(), 1);
  EXPECT_EQ(copied.back(), 1);
  EXPECT_EQ(std::accumulate(copied.begin(), copied.end(), 0), 16 * 64 * 4);
  ASSERT_EQ(launches().size(), 1U);
  EXPECT_EQ(launches()[0].blocksRun, 16);
  EXPECT_EQ(launches()[0].traffic.sectors, 16 * 2 * 2 * 4);
}

}  // namespace
}  // namespace lectern::simt
