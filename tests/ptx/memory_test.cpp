// SPDX-License-Identifier: GPL-3.0-or-later
// Memory, and the faults that must be found; beside each its twin that must pass.
#include "tests/ptx/ptx_test.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <numeric>
#include <vector>

namespace lectern::ptx {
namespace {

using cuda_runtime::FindingKind;
using ::testing::HasSubstr;

class PtxMemory : public PtxTest {
 protected:
  template <class... Arguments>
  LaunchReport launchThreads(const std::string& kernel, int threads, Arguments... arguments) {
    LaunchOptions options;
    options.threads[0] = static_cast<uint32_t>(threads);
    return launch(kernel, options, arguments...);
  }
  static void expectOnly(const LaunchReport& report, FindingKind kind, const std::string& text) {
    ASSERT_FALSE(report.findings.empty());
    for (const Finding& finding : report.findings) {
      EXPECT_EQ(finding.kind, kind) << finding.text;
      EXPECT_THAT(finding.text, HasSubstr(text));
      EXPECT_THAT(finding.text, HasSubstr("memory.cu:"));
    }
  }
};

TEST_P(PtxMemory, LoadAndStoreVectorsLocalsAndBytes) {
  load("memory");
  if (module_ == nullptr) return;
  std::vector<float> values(32 * 8);
  std::iota(values.begin(), values.end(), 0.5F);
  std::vector<int8_t> bytes(32);
  std::iota(bytes.begin(), bytes.end(), static_cast<int8_t>(-16));
  const auto out = buffer<float>(64);
  constexpr int kTerms = 5;
  run("vectors", 32, buffer(values).data(), out.data(), buffer(bytes).data(), kTerms);
  for (std::size_t i = 0; i < 32; ++i) {
    float sum = 0;
    for (std::size_t k = 0; k < kTerms; ++k) sum += values[8 * i + ((i + k) & 7)];
    EXPECT_EQ(out[2 * i], sum);
    EXPECT_EQ(out[2 * i + 1], static_cast<float>(bytes[i]));
  }
}

TEST_P(PtxMemory, GiveDynamicSharedMemoryBehindTheFixed) {
  load("memory");
  if (module_ == nullptr) return;
  std::vector<int> values(32);
  std::iota(values.begin(), values.end(), 1);
  const auto in = buffer(values);
  const auto out = buffer<int>(32);
  LaunchOptions options;
  options.threads[0] = 32;
  options.dynamicSharedBytes = 128;
  EXPECT_TRUE(launch("dynamicShared", options, in.data(), out.data()).findings.empty());
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(out[i], values[31 - i] + 10 * values[(i + 1) % 32]);
  }
  options.dynamicSharedBytes = 124;
  expectOnly(launch("dynamicShared", options, in.data(), out.data()), FindingKind::OutOfBounds,
             "shared memory");
}

TEST_P(PtxMemory, LandCopiesAtTheWaitAndFillWithZeros) {
  load("memory");
  if (module_ == nullptr) return;
  std::vector<int> values(256);
  std::iota(values.begin(), values.end(), 1);
  const auto in = buffer(values);
  for (const int bytes : {16, 8, 0}) {
    const auto out = buffer<int>(256);
    run("copyWaits", 32, in.data(), out.data(), bytes);
    for (std::size_t i = 0; i < 128; ++i) EXPECT_EQ(out[i], values[i]);
    for (std::size_t i = 128; i < 256; ++i) {
      const bool copied = static_cast<int>(i % 4) * 4 < bytes;
      EXPECT_EQ(out[i], copied ? values[i] : 0) << i;
    }
  }
}

TEST_P(PtxMemory, FindCopiesThatAreNotWaitedFor) {
  load("memory");
  if (module_ == nullptr) return;
  const auto in = buffer(std::vector<int>(256, 1));
  const auto out = buffer<int>(256);
  constexpr int kBytes = 16;
  expectOnly(launchThreads("copyNoWait", 32, in.data(), out.data(), kBytes), FindingKind::InFlight,
             "cp.async");
  // What is read too early is not there yet.
  EXPECT_EQ(out[0], -1);
  expectOnly(launchThreads("copyWaitsForOne", 32, in.data(), out.data(), kBytes),
             FindingKind::InFlight, "cp.async");
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[128], -1);
  expectOnly(launchThreads("copyForgotten", 32, in.data(), out.data(), kBytes),
             FindingKind::NeverWaited, "no wait");
}

TEST_P(PtxMemory, FindAccessesOutOfBounds) {
  load("memory");
  if (module_ == nullptr) return;
  const auto in = buffer(std::vector<int>(40, 5));
  const auto out = buffer<int>(32);
  EXPECT_TRUE(launchThreads("readAt", 32, in.data(), out.data(), 8).findings.empty());
  const LaunchReport report = launchThreads("readAt", 32, in.data(), out.data(), 9);
  expectOnly(report, FindingKind::OutOfBounds, "byte 160 of an allocation of 160 bytes");
  EXPECT_TRUE(report.faulted);
  EXPECT_THAT(report.findings[0].text, HasSubstr("thread 31,0,0"));
  EXPECT_FALSE(launchThreads("readAt", 32, in.data(), out.data(), -1).findings.empty());
  EXPECT_TRUE(launchThreads("writeShared", 32, out.data(), 0).findings.empty());
  expectOnly(launchThreads("writeShared", 32, out.data(), 1), FindingKind::OutOfBounds,
             "write of 4 bytes at byte 128");
}

TEST_P(PtxMemory, FindMisalignedVectors) {
  load("memory");
  if (module_ == nullptr) return;
  const auto in = buffer(std::vector<int>(16, 5));
  const auto out = buffer<int>(128);
  EXPECT_TRUE(launchThreads("readVectorAt", 32, in.data(), out.data(), 4).findings.empty());
  expectOnly(launchThreads("readVectorAt", 32, in.data(), out.data(), 6), FindingKind::Misaligned,
             "read of 16 bytes");
}

TEST_P(PtxMemory, FindBarriersThatNotAllReachOrThatMeet) {
  load("memory");
  if (module_ == nullptr) return;
  const auto out = buffer<int>(64);
  EXPECT_TRUE(launchThreads("barriers", 64, out.data(), 0).findings.empty());
  // Those who pass by exit in the end, and exited threads are not waited for: but a warp was split.
  const LaunchReport report = launchThreads("barriers", 64, out.data(), 2);
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings[0].kind, FindingKind::Barrier) << report.findings[0].text;
}

TEST_P(PtxMemory, FindShufflesThatWaitForOthers) {
  load("memory");
  if (module_ == nullptr) return;
  const auto out = buffer<int>(32);
  EXPECT_TRUE(launchThreads("lonelyShuffle", 32, out.data(), 32).findings.empty());
  expectOnly(launchThreads("lonelyShuffle", 32, out.data(), 3), FindingKind::Deadlock, "shfl");
  EXPECT_TRUE(launchThreads("foreignMask", 32, out.data(), ~0U).findings.empty());
  expectOnly(launchThreads("foreignMask", 32, out.data(), 0xFFFFU), FindingKind::Collective,
             "member mask");
}

TEST_P(PtxMemory, StopAtATrap) {
  load("memory");
  if (module_ == nullptr) return;
  const auto out = buffer<int>(32);
  EXPECT_TRUE(launchThreads("trapIf", 32, out.data(), 2).findings.empty());
  EXPECT_TRUE(launchThreads("trapIf", 32, out.data(), 3).faulted);
}

INSTANTIATE_TEST_SUITE_P(Architectures, PtxMemory, ::testing::Values(80, 120));

}  // namespace
}  // namespace lectern::ptx
