// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda_runtime/runtime_test.h"

#include <cstdint>
#include <cstring>
#include <vector>

namespace lectern::cuda_runtime {
namespace {

class Memory : public ::testing::Test {
 protected:
  void SetUp() override { reset(); }
};

TEST_F(Memory, CopiesThereAndBack) {
  const std::vector<int> values{1, 2, 3, 4};
  int* device = onDevice<int>(4);
  ASSERT_EQ(cudaMemcpy(device, values.data(), 16, cudaMemcpyHostToDevice), cudaSuccess);
  std::vector<int> back(4);
  ASSERT_EQ(cudaMemcpy(back.data(), device, 16, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(back, values);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
  EXPECT_EQ(findingsText(), "");
}

TEST_F(Memory, IsNotANumberUntilWritten) {
  auto* device = onDevice<uint32_t>(1);
  uint32_t value = 0;
  ASSERT_EQ(cudaMemcpy(&value, device, 4, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(value, 0xFFFFFFFFU);
}

TEST_F(Memory, EndsWhereTheDeviceEnds) {
  reset({.memoryBytes = 1000});
  void* first = nullptr;
  void* second = nullptr;
  EXPECT_EQ(cudaMalloc(&first, 600), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&second, 600), cudaErrorMemoryAllocation);
  EXPECT_EQ(second, nullptr);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(cudaMallocHost(&second, 5000), cudaSuccess) << "pinned memory is the host's";
  size_t free = 0;
  size_t total = 0;
  ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(free, 400U);
  EXPECT_EQ(total, 1000U);
  EXPECT_EQ(cudaFree(first), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&first, 1000), cudaSuccess);
}

TEST_F(Memory, OfEachDeviceEndsForItself) {
  reset({.devices = 2, .memoryBytes = 1000, .busyBytes = {100}});
  const auto freeOf = [](int device) {
    EXPECT_EQ(cudaSetDevice(device), cudaSuccess);
    size_t free = 0;
    size_t total = 0;
    EXPECT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
    EXPECT_EQ(total, 1000U);
    return free;
  };
  EXPECT_EQ(freeOf(1), 1000U);
  EXPECT_EQ(freeOf(0), 900U);
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 901), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(&memory, 900), cudaSuccess);
  EXPECT_EQ(freeOf(0), 0U);
  EXPECT_EQ(freeOf(1), 1000U);
  EXPECT_EQ(cudaMalloc(&memory, 1000), cudaSuccess);
  EXPECT_EQ(bytesInUse(0), 900);
  EXPECT_EQ(bytesInUse(1), 1000);
  EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
}

TEST_F(Memory, IsRefusedWhereATestWantsIt) {
  void* memory = nullptr;
  refuseMemory(true);
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMallocHost(&memory, 1), cudaSuccess) << "the host's";
  refuseMemory(false);
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaSuccess);
}

TEST_F(Memory, FailsTheCallThatWasAskedFor) {
  failCall(2, cudaErrorMemoryAllocation, "cudaMalloc");
  failCall(3, cudaErrorUnknown);
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 16), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorUnknown) << "the third of all";
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(callCount("cudaMalloc"), 2);
  EXPECT_EQ(callCount(), 4);
}

TEST_F(Memory, ACopyStaysWithinItsAllocation) {
  char* device = onDevice<char>(100);
  const std::vector<char> host(200);
  EXPECT_EQ(cudaMemcpy(device, host.data(), 101, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_TRUE(found(FindingKind::OutOfBounds));
}

TEST_F(Memory, ACopyGoesTheWayItSays) {
  char* device = onDevice<char>(100);
  std::vector<char> host(200);
  EXPECT_EQ(cudaMemcpy(host.data(), device, 10, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_TRUE(found(FindingKind::Runtime));
}

TEST_F(Memory, AFreedAllocationIsNotCopiedTo) {
  char* device = onDevice<char>(100);
  ASSERT_EQ(cudaFree(device), cudaSuccess);
  EXPECT_EQ(cudaMemset(device, 0, 10), cudaErrorInvalidValue);
  EXPECT_TRUE(found(FindingKind::UseAfterFree));
}

TEST_F(Memory, IsFreedOnceAndAtItsStart) {
  char* device = onDevice<char>(100);
  EXPECT_EQ(cudaFree(device + 4), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
  EXPECT_EQ(cudaFree(device), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(nullptr), cudaSuccess);
  EXPECT_EQ(cudaFreeHost(onDevice<char>(1)), cudaErrorInvalidValue) << "not pinned";
  EXPECT_EQ(findings().size(), 3U);
}

TEST_F(Memory, SeesWhatTheHostWritesBesideIt) {
  char* host = pinned<char>(100);
  *(static_cast<volatile char*>(host) + 99) = 0;
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(findingsText(), "");
  *(static_cast<volatile char*>(host) + 100) = 0;
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_TRUE(found(FindingKind::RedZone));
  clearFindings();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(findingsText(), "") << "told of once";
  *(static_cast<volatile char*>(host) - 1) = 0;
  EXPECT_EQ(cudaFreeHost(host), cudaSuccess);
  EXPECT_TRUE(found(FindingKind::RedZone));
}

TEST_F(Memory, FindsWhatAPointerBelongsTo) {
  char* device = onDevice<char>(100);
  EXPECT_EQ(find(device)->data, device);
  EXPECT_EQ(find(device + 99)->data, device);
  EXPECT_EQ(find(device + 100)->data, device) << "just behind";
  EXPECT_EQ(find(device - 1)->data, device) << "just in front";
  EXPECT_EQ(find(device + 2 * kDeviceGuardBytes), nullptr);
  EXPECT_EQ(bytesInUse(MemoryKind::Device), 100);
  EXPECT_EQ(allocationsInUse(MemoryKind::Device), 1);
}

TEST_F(Memory, CopiesOnTheDeviceCarryWhatWasNeverWritten) {
  char* from = onDevice<char>(100);
  char* to = onDevice<char>(100);
  ASSERT_EQ(cudaMemset(from, 1, 50), cudaSuccess);
  ASSERT_EQ(cudaMemcpy(to, from, 100, cudaMemcpyDeviceToDevice), cudaSuccess);
  EXPECT_EQ(find(to)->shadow.firstUninitialised(0, 50), -1);
  EXPECT_EQ(find(to)->shadow.firstUninitialised(0, 100), 50);
}

}  // namespace
}  // namespace lectern::cuda_runtime
