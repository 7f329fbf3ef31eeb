// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels among streams, graphs and memory that comes and goes.
#include "tests/cuda_runtime/runtime_test.h"
#include "tests/simt/device_array.h"
#include "tests/simt/kernels/counts.h"
#include "tests/simt/simt.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lectern::simt {
namespace {

using cuda_runtime::FindingKind;
using cuda_runtime::found;
using cuda_runtime::newEvent;
using cuda_runtime::newStream;

constexpr int kFloats = 64;

cudaError_t copyKernel(const float* from, float* to, cudaStream_t stream) {
  return launchStridedCopy(from, to, 4, 1, 0, 1, kFloats, stream);
}

class KernelStreams : public ::testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override { reset({.seed = GetParam()}, {.seed = GetParam()}); }
};
INSTANTIATE_TEST_SUITE_P(Seeds, KernelStreams, ::testing::Range(0U, 6U));

/// a → b on one stream, b → c on another.
TEST_P(KernelStreams, AMissingEventIsReportedAtTheLine) {
  const DeviceArray<float> a(std::vector<float>(kFloats, 1.0F));
  const DeviceArray<float> b(std::vector<float>(kFloats, 0.0F));
  const DeviceArray<float> c(kFloats);
  cudaStream_t first = newStream();
  cudaStream_t second = newStream();
  copyKernel(a.data(), b.data(), first);
  copyKernel(b.data(), c.data(), second);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  ASSERT_TRUE(found(FindingKind::StreamRace));
  EXPECT_NE(cuda_runtime::findingsText().find("counts.cu:"), std::string::npos);
}

TEST_P(KernelStreams, AnEventMakesItRight) {
  const DeviceArray<float> a(std::vector<float>(kFloats, 1.0F));
  const DeviceArray<float> b(std::vector<float>(kFloats, 0.0F));
  const DeviceArray<float> c(kFloats);
  cudaStream_t first = newStream();
  cudaStream_t second = newStream();
  cudaEvent_t copied = newEvent();
  copyKernel(a.data(), b.data(), first);
  cudaEventRecord(copied, first);
  cudaStreamWaitEvent(second, copied, 0);
  copyKernel(b.data(), c.data(), second);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(c.read(), std::vector<float>(kFloats, 1.0F));
  EXPECT_EQ(cuda_runtime::findingsText(), "");
}

TEST_P(KernelStreams, AReplayUsesTheArgumentsOfTheCapture) {
  const DeviceArray<float> a(std::vector<float>(kFloats, 1.0F));
  const DeviceArray<float> b(kFloats);
  cudaStream_t stream = newStream();
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  const float* from = a.data();
  ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  copyKernel(from, b.data(), stream);
  ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  from = nullptr;
  ASSERT_EQ(cudaGraphInstantiate(&executable, graph, 0), cudaSuccess);
  EXPECT_TRUE(launches().empty());
  ASSERT_EQ(cudaGraphLaunch(executable, stream), cudaSuccess);
  ASSERT_EQ(cudaGraphLaunch(executable, stream), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(launches().size(), 2U);
  EXPECT_EQ(b.read(), std::vector<float>(kFloats, 1.0F));
  EXPECT_EQ(cuda_runtime::findingsText(), "");
}

TEST_P(KernelStreams, FreedMemoryIsReportedAtTheLine) {
  const DeviceArray<float> a(std::vector<float>(kFloats, 1.0F));
  void* freed = nullptr;
  ASSERT_EQ(cudaMalloc(&freed, kFloats * 4), cudaSuccess);
  ASSERT_EQ(cudaFree(freed), cudaSuccess);
  ASSERT_EQ(copyKernel(a.data(), static_cast<float*>(freed), nullptr), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  ASSERT_TRUE(found(FindingKind::UseAfterFree));
  EXPECT_NE(cuda_runtime::findingsText().find("counts.cu:"), std::string::npos);
}

TEST_P(KernelStreams, PageableHostMemoryIsNotTheDevices) {
  const std::vector<float> host(kFloats, 1.0F);
  const DeviceArray<float> a(kFloats);
  ASSERT_EQ(copyKernel(host.data(), a.data(), nullptr), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_TRUE(found(FindingKind::Wild));
}

TEST_P(KernelStreams, PinnedMemoryIsReachable) {
  auto* host = cuda_runtime::pinned<float>(kFloats);
  for (int i = 0; i < kFloats; ++i) host[i] = 2.0F;
  const DeviceArray<float> a(kFloats);
  ASSERT_EQ(copyKernel(host, a.data(), nullptr), cudaSuccess);
  EXPECT_EQ(a.read(), std::vector<float>(kFloats, 2.0F));
  EXPECT_EQ(cuda_runtime::findingsText(), "");
}

TEST_P(KernelStreams, ConfigurationsThatNoDeviceTakesAreRefused) {
  const DeviceArray<float> a(std::vector<float>(4096, 1.0F));
  const DeviceArray<float> b(4096);
  EXPECT_EQ(launchStridedCopy(a.data(), b.data(), 4, 1, 0, 1, 1025, nullptr),
            cudaErrorInvalidConfiguration);
  EXPECT_EQ(launchStridedCopy(a.data(), b.data(), 4, 1, 0, 0, 64, nullptr),
            cudaErrorInvalidConfiguration);
  EXPECT_EQ(launchSharedRead(a.data(), b.data(), 4, 4096, nullptr), cudaErrorInvalidConfiguration);
  EXPECT_EQ(cuda_runtime::findings().size(), 3U);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_TRUE(launches().empty());
}

TEST_P(KernelStreams, ALaunchCanBeMadeToFail) {
  const DeviceArray<float> a(std::vector<float>(kFloats, 1.0F));
  const DeviceArray<float> b(kFloats);
  cuda_runtime::failCall(2, cudaErrorLaunchFailure, "cudaLaunchKernel");
  EXPECT_EQ(copyKernel(a.data(), b.data(), nullptr), cudaSuccess);
  EXPECT_EQ(copyKernel(a.data(), b.data(), nullptr), cudaErrorLaunchFailure);
  EXPECT_EQ(copyKernel(a.data(), b.data(), nullptr), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(launches().size(), 2U);
}

/// No card reads another's memory unless they were made peers, which we never do.
TEST(KernelDevices, AKernelThatTouchesAnotherDevicesMemoryIsReported) {
  reset({}, {.devices = 2});
  const DeviceArray<float> a(std::vector<float>(kFloats, 1.0F));
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  const DeviceArray<float> b(kFloats);
  copyKernel(a.data(), b.data(), newStream());
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_TRUE(found(FindingKind::Wild));
  EXPECT_NE(cuda_runtime::findingsText().find("of another device"), std::string::npos);
}

TEST(KernelDevices, ALaunchOnAnotherDevicesStreamIsRefused) {
  reset({}, {.devices = 2});
  const DeviceArray<float> a(std::vector<float>(kFloats, 1.0F));
  const DeviceArray<float> b(kFloats);
  cudaStream_t stream = newStream();
  EXPECT_EQ(copyKernel(a.data(), b.data(), stream), cudaSuccess);
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(copyKernel(a.data(), b.data(), stream), cudaErrorInvalidResourceHandle);
  EXPECT_TRUE(found(FindingKind::Runtime));
}

}  // namespace
}  // namespace lectern::simt
