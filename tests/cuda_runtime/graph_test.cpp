// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda_runtime/runtime_test.h"

#include <cstring>
#include <vector>

namespace lectern::cuda_runtime {
namespace {

class Graphs : public ::testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override {
    reset({.seed = GetParam()});
    stream_ = newStream();
  }

  void begin(cudaStreamCaptureMode mode = cudaStreamCaptureModeThreadLocal) {
    ASSERT_EQ(cudaStreamBeginCapture(stream_, mode), cudaSuccess);
  }

  cudaGraphExec_t end() {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
    EXPECT_EQ(cudaGraphInstantiate(&executable, graph, 0), cudaSuccess);
    EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
    return executable;
  }

  cudaStream_t stream_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(Seeds, Graphs, ::testing::Range(0U, 4U));

TEST_P(Graphs, RunNothingWhileCapturedAndAllOnEachReplay) {
  int ran = 0;
  begin();
  enqueueLaunch(stream_, [&] { ++ran; }, {"work", {}, {}});
  cudaGraphExec_t executable = end();
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(ran, 0);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(ran, 3);
}

TEST_P(Graphs, FreezeAddressesAndReadWhatIsThereAtTheReplay) {
  int* device = onDevice<int>(1);
  int* in = pinned<int>(1);
  int* out = pinned<int>(1);
  begin();
  cudaMemcpyAsync(device, in, 4, cudaMemcpyHostToDevice, stream_);
  cudaMemcpyAsync(out, device, 4, cudaMemcpyDeviceToHost, stream_);
  cudaGraphExec_t executable = end();
  for (int value = 1; value < 4; ++value) {
    *in = value;
    ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
    ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    EXPECT_EQ(*out, value);
  }
  EXPECT_EQ(findingsText(), "");
}

TEST_P(Graphs, AReplayThatTouchesFreedMemoryIsReported) {
  int* device = onDevice<int>(1);
  begin();
  cudaMemsetAsync(device, 0, 4, stream_);
  cudaGraphExec_t executable = end();
  ASSERT_EQ(cudaFree(device), cudaSuccess);
  ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorIllegalAddress);
  EXPECT_TRUE(found(FindingKind::UseAfterFree));
}

TEST_P(Graphs, ForkAndJoinByEvents) {
  cudaStream_t other = newStream();
  cudaEvent_t forked = newEvent();
  cudaEvent_t joined = newEvent();
  std::vector<int> order;
  begin();
  enqueueLaunch(stream_, [&] { order.push_back(0); }, {"first", {}, {}});
  ASSERT_EQ(cudaEventRecord(forked, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(other, forked, 0), cudaSuccess);
  enqueueLaunch(other, [&] { order.push_back(1); }, {"branch", {}, {}});
  enqueueLaunch(stream_, [&] { order.push_back(1); }, {"trunk", {}, {}});
  ASSERT_EQ(cudaEventRecord(joined, other), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(stream_, joined, 0), cudaSuccess);
  enqueueLaunch(stream_, [&] { order.push_back(2); }, {"last", {}, {}});
  cudaGraphExec_t executable = end();
  ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 1, 2}));
}

TEST_P(Graphs, BranchesThatMeetInMemoryAreReported) {
  cudaStream_t other = newStream();
  cudaEvent_t forked = newEvent();
  cudaEvent_t joined = newEvent();
  int* device = onDevice<int>(1);
  begin();
  enqueueLaunch(stream_, [] {}, {"first", {}, {}});
  cudaEventRecord(forked, stream_);
  cudaStreamWaitEvent(other, forked, 0);
  cudaMemsetAsync(device, 1, 4, other);
  cudaMemsetAsync(device, 2, 4, stream_);
  cudaEventRecord(joined, other);
  cudaStreamWaitEvent(stream_, joined, 0);
  cudaGraphExec_t executable = end();
  ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_TRUE(found(FindingKind::StreamRace));
}

TEST_P(Graphs, AnUnjoinedBranchIsRefused) {
  cudaStream_t other = newStream();
  cudaEvent_t forked = newEvent();
  begin();
  cudaEventRecord(forked, stream_);
  cudaStreamWaitEvent(other, forked, 0);
  enqueueLaunch(other, [] {}, {"branch", {}, {}});
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureUnjoined);
  EXPECT_EQ(graph, nullptr);
}

TEST_P(Graphs, NeitherMemoryNorWaitingBelongsIntoACapture) {
  void* memory = nullptr;
  cudaGraph_t graph = nullptr;
  begin();
  EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
  begin();
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
  begin(cudaStreamCaptureModeRelaxed);
  EXPECT_EQ(cudaMalloc(&memory, 16), cudaSuccess);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
}

TEST_P(Graphs, WaitForTheStreamTheyAreLaunchedIn) {
  std::vector<int> order;
  begin();
  enqueueLaunch(stream_, [&] { order.push_back(1); }, {"graph", {}, {}});
  cudaGraphExec_t executable = end();
  enqueueLaunch(stream_, [&] { order.push_back(0); }, {"before", {}, {}});
  cudaGraphLaunch(executable, stream_);
  enqueueLaunch(stream_, [&] { order.push_back(2); }, {"after", {}, {}});
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
  EXPECT_EQ(cudaGraphLaunch(executable, stream_), cudaErrorInvalidValue);
}

}  // namespace
}  // namespace lectern::cuda_runtime
