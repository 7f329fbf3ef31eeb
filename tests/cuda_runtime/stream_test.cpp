// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda_runtime/runtime_test.h"

#include <cstring>
#include <set>
#include <vector>

namespace lectern::cuda_runtime {
namespace {

class Streams : public ::testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override { reset({.seed = GetParam()}); }
};
INSTANTIATE_TEST_SUITE_P(Seeds, Streams, ::testing::Range(0U, 4U));

TEST_P(Streams, NothingRunsBeforeSomeoneWaits) {
  cudaStream_t stream = newStream();
  int ran = 0;
  ASSERT_EQ(enqueueLaunch(stream, [&] { ++ran; }, {"work", {}, {}}), cudaSuccess);
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(pendingOperations(), 1);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(pendingOperations(), 0);
}

TEST_P(Streams, AStreamKeepsItsOrder) {
  cudaStream_t stream = newStream();
  std::vector<int> order;
  for (int i = 0; i < 20; ++i)
    enqueueLaunch(stream, [&order, i] { order.push_back(i); }, {"work", {}, {}});
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  for (size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], static_cast<int>(i));
  EXPECT_EQ(order.size(), 20U);
}

TEST_P(Streams, AnEventOrdersTwoStreams) {
  cudaStream_t first = newStream();
  cudaStream_t second = newStream();
  cudaEvent_t done = newEvent();
  int value = 0;
  int seen = 0;
  enqueueLaunch(first, [&] { value = 5; }, {"write", {}, {}});
  ASSERT_EQ(cudaEventRecord(done, first), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(second, done, 0), cudaSuccess);
  enqueueLaunch(second, [&] { seen = value; }, {"read", {}, {}});
  ASSERT_EQ(cudaStreamSynchronize(second), cudaSuccess);
  EXPECT_EQ(seen, 5);
}

TEST_P(Streams, WaitingForAnEventRunsWhatCameBefore) {
  cudaStream_t stream = newStream();
  cudaEvent_t done = newEvent();
  int value = 0;
  enqueueLaunch(stream, [&] { value = 1; }, {"one", {}, {}});
  ASSERT_EQ(cudaEventRecord(done, stream), cudaSuccess);
  enqueueLaunch(stream, [&] { value = 2; }, {"two", {}, {}});
  ASSERT_EQ(cudaEventSynchronize(done), cudaSuccess);
  EXPECT_EQ(value, 1);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(value, 2);
}

TEST_P(Streams, PollingComesToAnEnd) {
  cudaStream_t stream = newStream();
  cudaEvent_t done = newEvent();
  for (int i = 0; i < 5; ++i) enqueueLaunch(stream, [] {}, {"work", {}, {}});
  ASSERT_EQ(cudaEventRecord(done, stream), cudaSuccess);
  int asked = 0;
  while (cudaEventQuery(done) == cudaErrorNotReady) ++asked;
  EXPECT_GT(asked, 0);
  EXPECT_LE(asked, 6);
  EXPECT_EQ(cudaStreamQuery(stream), cudaSuccess);
}

TEST_P(Streams, TheDefaultStreamWaitsForBlockingOnes) {
  cudaStream_t blocking = newStream(cudaStreamDefault);
  int* device = onDevice<int>(1);
  const int seven = 7;
  ASSERT_EQ(cudaMemcpyAsync(device, &seven, 4, cudaMemcpyHostToDevice, blocking), cudaSuccess);
  int back = 0;
  ASSERT_EQ(cudaMemcpy(&back, device, 4, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(back, 7);
  EXPECT_EQ(findingsText(), "");
}

TEST_P(Streams, PinnedBytesArriveLate) {
  cudaStream_t stream = newStream();
  int* device = onDevice<int>(1);
  int* in = pinned<int>(1);
  int* out = pinned<int>(1);
  *in = 1;
  *out = 100;
  ASSERT_EQ(cudaMemcpyAsync(device, in, 4, cudaMemcpyHostToDevice, stream), cudaSuccess);
  ASSERT_EQ(cudaMemcpyAsync(out, device, 4, cudaMemcpyDeviceToHost, stream), cudaSuccess);
  EXPECT_EQ(*out, 100) << "not there yet";
  *in = 2;  // Too early: the copy has not taken it.
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(*out, 2);
}

TEST_P(Streams, PageableBytesAreTakenAndGivenAtOnce) {
  cudaStream_t stream = newStream();
  int* device = onDevice<int>(1);
  int in = 1;
  int out = 0;
  ASSERT_EQ(cudaMemcpyAsync(device, &in, 4, cudaMemcpyHostToDevice, stream), cudaSuccess);
  in = 2;
  ASSERT_EQ(cudaMemcpyAsync(&out, device, 4, cudaMemcpyDeviceToHost, stream), cudaSuccess);
  EXPECT_EQ(out, 1);
}

TEST_P(Streams, AMissingEventIsReported) {
  cudaStream_t upload = newStream();
  cudaStream_t compute = newStream();
  char* device = onDevice<char>(100);
  char* host = pinned<char>(100);
  std::memset(host, 1, 100);
  cudaMemcpyAsync(device, host, 100, cudaMemcpyHostToDevice, upload);
  cudaMemsetAsync(device, 2, 50, compute);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_TRUE(found(FindingKind::StreamRace)) << "in either order";
}

TEST_P(Streams, WithTheEventThereIsNothingToReport) {
  cudaStream_t upload = newStream();
  cudaStream_t compute = newStream();
  cudaEvent_t uploaded = newEvent();
  char* device = onDevice<char>(100);
  char* host = pinned<char>(100);
  std::memset(host, 1, 100);
  cudaMemcpyAsync(device, host, 100, cudaMemcpyHostToDevice, upload);
  cudaEventRecord(uploaded, upload);
  cudaStreamWaitEvent(compute, uploaded, 0);
  cudaMemsetAsync(device, 2, 50, compute);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  // The host's waiting orders too.
  cudaMemsetAsync(device, 3, 50, upload);
  ASSERT_EQ(cudaStreamSynchronize(upload), cudaSuccess);
  cudaMemsetAsync(device, 4, 50, compute);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(findingsText(), "");
}

TEST_P(Streams, OrderReachesOverSeveralEvents) {
  cudaStream_t a = newStream();
  cudaStream_t b = newStream();
  cudaStream_t c = newStream();
  cudaEvent_t ab = newEvent();
  cudaEvent_t bc = newEvent();
  char* device = onDevice<char>(100);
  cudaMemsetAsync(device, 1, 100, a);
  cudaEventRecord(ab, a);
  cudaStreamWaitEvent(b, ab, 0);
  cudaEventRecord(bc, b);
  cudaStreamWaitEvent(c, bc, 0);
  cudaMemsetAsync(device, 2, 100, c);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(findingsText(), "");
}

TEST_P(Streams, ALostDeviceStaysLost) {
  cudaStream_t stream = newStream();
  int later = 0;
  enqueueLaunch(stream, [] { fault(cudaErrorIllegalAddress); }, {"faulty", {}, {}});
  enqueueLaunch(stream, [&] { ++later; }, {"later", {}, {}});
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorIllegalAddress);
  EXPECT_EQ(later, 0) << "nothing runs after the fault";
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaErrorIllegalAddress);
  EXPECT_STREQ(cudaGetErrorString(cudaErrorIllegalAddress),
               "an illegal memory access was encountered");
  reset();
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaSuccess);
}

TEST_P(Streams, HandlesThatAreNoneAreRefused) {
  cudaStream_t stream = newStream();
  cudaEvent_t event = newEvent();
  ASSERT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  ASSERT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventRecord(event, nullptr), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(findings().size(), 2U);
}

TEST(StreamSeeds, InterleaveDifferently) {
  std::set<std::vector<int>> orders;
  for (uint32_t seed = 0; seed < 8; ++seed) {
    reset({.seed = seed});
    std::vector<int> order;
    for (int s = 0; s < 3; ++s) {
      cudaStream_t stream = newStream();
      for (int i = 0; i < 3; ++i)
        enqueueLaunch(stream, [&order, s] { order.push_back(s); }, {"work", {}, {}});
    }
    ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 3U);
}

TEST(Devices, SayWhyThereIsNone) {
  int count = -1;
  reset({.driverVersion = 0});
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
  reset({.devices = 0});
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  reset({.devices = 2, .computeMajor = 7, .computeMinor = 5});
  ASSERT_EQ(cudaGetDeviceCount(&count), cudaSuccess);
  EXPECT_EQ(count, 2);
  cudaDeviceProp properties;
  ASSERT_EQ(cudaGetDeviceProperties(&properties, 1), cudaSuccess);
  EXPECT_EQ(properties.major, 7);
  EXPECT_EQ(cudaGetDeviceProperties(&properties, 2), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaSetDevice(2), cudaErrorInvalidDevice);
  reset();
}

}  // namespace
}  // namespace lectern::cuda_runtime
