// SPDX-License-Identifier: GPL-3.0-or-later
// Unmodified objects of nvcc, launched through the runtime's stand-in.
#include "tests/ptx/launcher.h"

#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/ptx/kernels/launches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace lectern::ptx {
namespace {

using cuda_runtime::FindingKind;
using cuda_runtime::findings;
using cuda_runtime::findingsText;
using ::testing::HasSubstr;

class PtxLauncher : public ::testing::Test {
 protected:
  void SetUp() override { reset(); }

  template <class T>
  static T* allocate(std::size_t count) {
    void* pointer = nullptr;
    EXPECT_EQ(cudaMalloc(&pointer, count * sizeof(T)), cudaSuccess);
    return static_cast<T*>(pointer);
  }
  template <class T>
  static T* upload(const std::vector<T>& values) {
    T* pointer = allocate<T>(values.size());
    cudaMemcpy(pointer, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice);
    return pointer;
  }
  template <class T>
  static std::vector<T> download(const T* from, std::size_t count) {
    std::vector<T> values(count);
    cudaMemcpy(values.data(), from, count * sizeof(T), cudaMemcpyDeviceToHost);
    return values;
  }
};

TEST_F(PtxLauncher, CallsFunctionsThatWereNotInlined) {
  constexpr int kSteps = 5;
  constexpr float kFactor = 1.25F;
  constexpr float kWeights[] = {1.0F, 2.0F, -3.5F, 4.0F};
  std::vector<float> start(40);
  for (std::size_t i = 0; i < start.size(); ++i) start[i] = 0.5F * static_cast<float>(i);
  auto* out = allocate<float>(start.size());
  ASSERT_EQ(setTotal(100), cudaSuccess);
  ASSERT_EQ(launchCalls(out, upload(start), kSteps, kFactor, nullptr), cudaSuccess);
  const std::vector<float> results = download(out, start.size());
  for (std::size_t i = 0; i < start.size(); ++i) {
    double x = start[i];
    for (int step = 0; step < kSteps; ++step) x = x * kFactor + kWeights[step & 3];
    const double expected = i % 2 == 0 ? 3 * x + 3 + 2.5 : 0;
    EXPECT_NEAR(results[i], expected, 1e-4) << i;
  }
  EXPECT_EQ(readTotal(), 105);
  EXPECT_EQ(findingsText(), "");
}

TEST_F(PtxLauncher, StartsEveryVariableAnewAfterAReset) {
  EXPECT_EQ(readTotal(), 7);
  ASSERT_EQ(setTotal(3), cudaSuccess);
  EXPECT_EQ(readTotal(), 3);
  reset();
  EXPECT_EQ(readTotal(), 7);
}

TEST_F(PtxLauncher, CountsWhatWasExecuted) {
  auto* out = allocate<int>(128);
  ASSERT_EQ(launchFill(out, 4, 9, nullptr), cudaSuccess);
  EXPECT_EQ(download(out, 128), std::vector<int>(128, 9));
  ASSERT_EQ(instructionCounts().size(), 1U);
  const InstructionCounts& counts = instructionCounts().begin()->second;
  EXPECT_EQ(counts.launches, 1);
  const bool newer = counts.warps.count("st.global.b32") != 0;
  const std::string store = newer ? "st.global.b32" : "st.global.u32";
  EXPECT_EQ(counts.warps.at(store), 4);
  EXPECT_EQ(counts.threads.at(store), 128);
  EXPECT_EQ(counts.threadTotal(), 32 * counts.warpTotal());
}

TEST_F(PtxLauncher, ASampleOfBlocksHasTheEdges) {
  reset({.sampleBlocks = 16});
  auto* out = allocate<int>(100 * 32);
  cudaMemset(out, 0, 100 * 32 * sizeof(int));
  ASSERT_EQ(launchFill(out, 100, 9, nullptr), cudaSuccess);
  const std::vector<int> filled = download(out, 100 * 32);
  EXPECT_EQ(filled.front(), 9);
  EXPECT_EQ(filled.back(), 9);
  EXPECT_EQ(std::count(filled.begin(), filled.end(), 9), 16 * 32);
  ASSERT_EQ(launches().size(), 1U);
  EXPECT_EQ(launches()[0].blocks, 100);
  EXPECT_EQ(launches()[0].blocksRun, 16);
  const InstructionCounts& counts = instructionCounts().begin()->second;
  EXPECT_EQ(launches()[0].warpInstructions, counts.warpTotal());
  EXPECT_EQ(counts.warpTotal() % 16, 0);
  clearLaunches();
  EXPECT_TRUE(launches().empty());
}

TEST_F(PtxLauncher, FindsARaceInSharedMemoryWhereNoBarrierStands) {
  auto* out = allocate<int>(64);
  ASSERT_EQ(launchExchange(out, Barrier::None, nullptr), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  ASSERT_EQ(findings().size(), 1U) << findingsText();
  EXPECT_EQ(findings()[0].kind, FindingKind::Race);
  EXPECT_THAT(findings()[0].text, HasSubstr("launches.cu:"));
}

TEST_F(PtxLauncher, FindsNoRaceWhereABarrierStands) {
  for (const Barrier barrier : {Barrier::Block, Barrier::Warp}) {
    reset();
    auto* out = allocate<int>(64);
    ASSERT_EQ(launchExchange(out, barrier, nullptr), cudaSuccess);
    const std::vector<int> results = download(out, 64);
    for (int i = 0; i < 64; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)], i ^ 1);
    EXPECT_EQ(findingsText(), "");
  }
}

TEST_F(PtxLauncher, FindsBlocksThatWriteTheSameBytes) {
  auto* out = allocate<int>(32);
  ASSERT_EQ(launchCollide(out, nullptr), cudaSuccess);
  cudaDeviceSynchronize();
  ASSERT_EQ(findings().size(), 1U) << findingsText();
  EXPECT_EQ(findings()[0].kind, FindingKind::Race);
}

TEST_F(PtxLauncher, FindsStreamsThatNoEventOrders) {
  for (const bool ordered : {false, true}) {
    reset();
    cudaStream_t one = nullptr;
    cudaStream_t two = nullptr;
    cudaEvent_t event = nullptr;
    cudaStreamCreateWithFlags(&one, cudaStreamNonBlocking);
    cudaStreamCreateWithFlags(&two, cudaStreamNonBlocking);
    cudaEventCreate(&event);
    auto* values = allocate<int>(32);
    launchFill(values, 1, 5, one);
    cudaEventRecord(event, one);
    if (ordered) cudaStreamWaitEvent(two, event, 0);
    launchAddOne(values, two);
    cudaDeviceSynchronize();
    if (ordered) {
      EXPECT_EQ(findingsText(), "");
      EXPECT_EQ(download(values, 32), std::vector<int>(32, 6));
    } else {
      // Whichever stream runs first; read before it is written, the memory is uninitialised too.
      EXPECT_THAT(findingsText(), HasSubstr("race between streams"));
    }
  }
}

TEST_F(PtxLauncher, LosesTheDeviceWhenAKernelLeavesItsMemory) {
  auto* out = allocate<int>(32);
  const int* in = upload(std::vector<int>(32, 1));
  ASSERT_EQ(launchReadPast(in, out, nullptr), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  ASSERT_EQ(findings().size(), 1U) << findingsText();
  EXPECT_EQ(findings()[0].kind, FindingKind::OutOfBounds);
  EXPECT_THAT(findings()[0].text, HasSubstr("thread 31,0,0"));
}

TEST_F(PtxLauncher, FindsReadsOfWhatNobodyWrote) {
  auto* out = allocate<int>(32);
  const auto* in = allocate<int>(33);
  ASSERT_EQ(launchReadPast(in, out, nullptr), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  ASSERT_EQ(findings().size(), 1U) << findingsText();
  EXPECT_EQ(findings()[0].kind, FindingKind::Uninitialised);
  reset();
  out = allocate<int>(32);
  ASSERT_EQ(launchReadPast(upload(std::vector<int>(33, 4)), out, nullptr), cudaSuccess);
  EXPECT_EQ(download(out, 32), std::vector<int>(32, 4));
  EXPECT_EQ(findingsText(), "");
}

TEST_F(PtxLauncher, ReplaysALaunchFromAGraph) {
  cudaStream_t stream = nullptr;
  cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  int* values = upload(std::vector<int>(32, 0));
  cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
  ASSERT_EQ(launchAddOne(values, stream), cudaSuccess);
  cudaGraph_t graph = nullptr;
  ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  cudaGraphExec_t executable = nullptr;
  ASSERT_EQ(cudaGraphInstantiate(&executable, graph, 0), cudaSuccess);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(cudaGraphLaunch(executable, stream), cudaSuccess);
  cudaStreamSynchronize(stream);
  EXPECT_EQ(download(values, 32), std::vector<int>(32, 3));
  EXPECT_EQ(findingsText(), "");
}

}  // namespace
}  // namespace lectern::ptx
