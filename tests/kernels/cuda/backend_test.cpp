// SPDX-License-Identifier: GPL-3.0-or-later
// The host side of the CUDA backend on the stand-in for the runtime, which lets copies land late
// and any call fail. The kernels are run by engine A; what they compute is tested elsewhere.
#include "kernels/cuda/cuda_backend.h"
#include "kernels/cuda/staging.h"
#include "kernels/cuda/workspace.h"
#include "kernels/plugin.h"
#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/kernels/op_data.h"
#include "tests/simt/simt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

extern "C" const lectern::kernels::plugin::Table* lecternPlugin(uint32_t version);

namespace lectern::kernels::cuda {
namespace {

using cuda_runtime::MemoryKind;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CudaBackendTest : public testing::Test {
 protected:
  CudaBackendTest() {
    (void)::setenv("LECTERN_CUBLAS", "off", 1);  // cublas_test.cpp has it
    simt::reset();
  }
  ~CudaBackendTest() override { EXPECT_EQ(cuda_runtime::findingsText(), ""); }
};

std::vector<char> bytes(int64_t count, int seed) {
  std::vector<char> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<char>(i * 7 + i / 251 + static_cast<size_t>(seed));
  }
  return values;
}

/// residual += delta; out = norm(residual), on the card.
struct Sum {
  explicit Sum(Backend& backend) {
    for (Buffer* buffer : {&residual, &delta, &weight, &out}) {
      *buffer = backend.allocate(kWidth * 4, "a test").value();
    }
  }
  [[nodiscard]] AddNorm operation() const {
    return {vector(residual.data(), DType::F32, kWidth), vector(delta.data(), DType::F32, kWidth),
            vector(weight.data(), DType::F32, kWidth), vector(out.data(), DType::F32, kWidth), 1};
  }
  void fill(Stream& stream) const {
    const std::vector<float> ones(kWidth, 1);
    stream.copyIn(delta.data(), ones.data(), kWidth * 4);
    stream.copyIn(weight.data(), ones.data(), kWidth * 4);
  }
  [[nodiscard]] std::vector<float> sums(Stream& stream) const {
    std::vector<float> values(kWidth);
    stream.copyOut(values.data(), residual.data(), kWidth * 4);
    EXPECT_TRUE(stream.wait());
    return values;
  }

  static constexpr int64_t kWidth = 64;
  Buffer residual, delta, weight, out;
};

TEST_F(CudaBackendTest, TellsWhatItIs) {
  const auto backend = CudaBackend::open(0).value();
  const BackendProperties properties = backend->properties();
  EXPECT_EQ(properties.name, "cuda:0");
  EXPECT_THAT(properties.device, Not(IsEmpty()));
  EXPECT_FALSE(properties.hostMemory);
  EXPECT_EQ(properties.memoryBytes, int64_t{8} << 30);
  const Buffer buffer = backend->allocate(1 << 20, "a test").value();
  EXPECT_EQ(backend->properties().memoryFreeBytes, properties.memoryFreeBytes - (1 << 20));
}

TEST_F(CudaBackendTest, OpensNoCardThatCannotBeUsed) {
  simt::reset({}, {.driverVersion = 0});
  EXPECT_EQ(CudaBackend::open(0).error().message, "No NVIDIA driver is installed.");
  simt::reset({}, {.driverVersion = 12040});
  EXPECT_THAT(CudaBackend::open(0).error().message, HasSubstr("CUDA 12.4"));
  simt::reset({}, {.devices = 0});
  EXPECT_THAT(CudaBackend::open(0).error().message, HasSubstr("no graphics card"));
  simt::reset({}, {.computeMajor = 7, .computeMinor = 5});
  EXPECT_THAT(CudaBackend::open(0).error().message, HasSubstr("compute capability 7.5"));
  simt::reset({}, {.memoryBytes = int64_t{1} << 30});
  EXPECT_THAT(CudaBackend::open(0).error().message, HasSubstr("too little memory"));
  simt::reset({}, {.devices = 2});
  EXPECT_TRUE(CudaBackend::open(1));
  EXPECT_THAT(CudaBackend::open(2).error().message, HasSubstr("no graphics card 2"));
}

TEST_F(CudaBackendTest, TakesMoreRowsAtOnceTheMoreMultiprocessorsItHas) {
  for (const auto& [multiprocessors, rows] : {std::pair{24, 512}, {46, 1024}, {132, 2048}}) {
    simt::reset({}, {.multiprocessors = multiprocessors});
    EXPECT_EQ(CudaBackend::open(0).value()->properties().rowsAtOnce, rows) << multiprocessors;
    const plugin::Table& table = *lecternPlugin(plugin::kVersion);
    EXPECT_EQ(openPluginDevice(table, 0, "cuda:0").value()->properties().rowsAtOnce, rows);
  }
}

TEST_F(CudaBackendTest, GivesAlignedZeroedMemory) {
  const auto backend = CudaBackend::open(0).value();
  const auto stream = backend->newStream().value();
  for (const int64_t size : {1, 1000, 100'001}) {
    const Buffer buffer = backend->allocate(size, "a test").value();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0U);
    std::vector<char> values(static_cast<size_t>(size), 1);
    stream->copyOut(values.data(), buffer.data(), size);
    ASSERT_TRUE(stream->wait());
    EXPECT_EQ(values, std::vector<char>(values.size(), 0));
  }
}

TEST_F(CudaBackendTest, SaysWhatMemoryWasRefusedForAndGoesOn) {
  const auto backend = CudaBackend::open(0).value();
  const Result<Buffer> buffer = backend->allocate(int64_t{9} << 30, "The cache");
  ASSERT_FALSE(buffer.has_value());
  EXPECT_EQ(buffer.error().code, ErrorCode::OutOfMemory);
  EXPECT_THAT(buffer.error().message,
              AllOf(HasSubstr("The cache needs 9216 MiB"), HasSubstr("has 8192 MiB free")));
  EXPECT_TRUE(backend->allocate(1, "a test"));
}

TEST_F(CudaBackendTest, GivesItsMemoryBack) {
  {
    const auto backend = CudaBackend::open(0).value();
    const auto stream = backend->newStream().value();
    const Buffer buffer = backend->allocate(1000, "a test").value();
  }
  EXPECT_EQ(cuda_runtime::bytesInUse(MemoryKind::Device), 0);
  EXPECT_EQ(cuda_runtime::bytesInUse(MemoryKind::Pinned), 0);
}

// Several times what the pinned memory holds, with pieces that end anywhere in it.
TEST_F(CudaBackendTest, CopiesMoreThanItsPinnedMemoryHolds) {
  const auto backend = CudaBackend::open(0).value();
  const auto stream = backend->newStream().value();
  const std::vector<int64_t> sizes = {
      1, 63, 64, 65, Staging::kHalfBytes - 1, 4097, 1 << 20, 3, Staging::kHalfBytes + 1, 77'777};
  std::vector<Buffer> buffers;
  std::vector<std::vector<char>> back;
  for (size_t i = 0; i < sizes.size(); ++i) {
    std::vector<char> values = bytes(sizes[i], static_cast<int>(i));
    buffers.push_back(backend->allocate(sizes[i], "a test").value());
    stream->copyIn(buffers[i].data(), values.data(), sizes[i]);
    back.emplace_back(values.size(), 0);
  }
  ASSERT_TRUE(stream->wait());
  for (size_t i = 0; i < sizes.size(); ++i) {
    stream->copyOut(back[i].data(), buffers[i].data(), sizes[i]);
  }
  ASSERT_TRUE(stream->wait());
  for (size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_TRUE(back[i] == bytes(sizes[i], static_cast<int>(i))) << sizes[i];
  }
}

TEST_F(CudaBackendTest, BringsNothingToTheHostBeforeTheWait) {
  const auto backend = CudaBackend::open(0).value();
  const auto stream = backend->newStream().value();
  const Buffer first = backend->allocate(100, "a test").value();
  const Buffer second = backend->allocate(100, "a test").value();
  const std::vector<char> values = bytes(100, 1);
  std::vector<char> back(100, 5);
  stream->copyIn(first.data(), values.data(), 100);
  stream->copy(second.data(), first.data(), 100);
  stream->copyOut(back.data(), second.data(), 100);
  EXPECT_EQ(back, std::vector<char>(100, 5));
  ASSERT_TRUE(stream->wait());
  EXPECT_EQ(back, values);
}

TEST_F(CudaBackendTest, TakesThePinnedMemoryOfStreamsThatAreGone) {
  const auto backend = CudaBackend::open(0).value();
  backend->newStream().value().reset();
  const int64_t before = cuda_runtime::callCount("cudaHostAlloc");
  for (int i = 0; i < 5; ++i) backend->newStream().value().reset();
  EXPECT_EQ(cuda_runtime::callCount("cudaHostAlloc"), before);
}

TEST_F(CudaBackendTest, KeepsTheFirstFaultWithWhatFailed) {
  const auto backend = CudaBackend::open(0).value();
  const Sum sum(*backend);
  const auto stream = backend->newStream().value();
  cuda_runtime::failCall(1, cudaErrorIllegalAddress, "cudaMemcpyAsync");
  sum.fill(*stream);
  backend->run(sum.operation(), *stream);
  const auto done = stream->wait();
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::Internal);
  EXPECT_THAT(done.error().message, AllOf(HasSubstr("a copy to the card"), HasSubstr("(700)"),
                                          HasSubstr("LECTERN_BACKEND=cpu")));
  backend->run(sum.operation(), *stream);
  EXPECT_EQ(stream->wait().error().message, done.error().message);
}

TEST_F(CudaBackendTest, NamesTheOperationsBetweenWhichTheCardFailed) {
  const auto backend = CudaBackend::open(0).value();
  const Sum sum(*backend);
  const auto stream = backend->newStream().value();
  sum.fill(*stream);
  backend->run(sum.operation(), *stream);
  cuda_runtime::failCall(1, cudaErrorLaunchFailure, "cudaStreamSynchronize");
  EXPECT_THAT(stream->wait().error().message, HasSubstr("failed in AddNorm"));
}

TEST_F(CudaBackendTest, ReplaysWhatItRecordedFromAGraphThatIsCapturedOnce) {
  const auto backend = CudaBackend::open(0).value();
  const Sum sum(*backend);
  const auto stream = backend->newStream().value();
  const auto recording =
      backend->record([&](Stream& s) { backend->run(sum.operation(), s); }).value();
  sum.fill(*stream);
  for (int i = 0; i < 5; ++i) stream->replay(*recording, 100 * (i + 1));
  EXPECT_EQ(sum.sums(*stream), std::vector<float>(Sum::kWidth, 5));
  EXPECT_EQ(cuda_runtime::callCount("cudaGraphInstantiate"), 1);
  EXPECT_EQ(cuda_runtime::callCount("cudaGraphLaunch"), 4);
}

TEST_F(CudaBackendTest, CapturesAgainForAStreamOfItsOwn) {
  const auto backend = CudaBackend::open(0).value();
  const Sum sum(*backend);
  const auto recording =
      backend->record([&](Stream& s) { backend->run(sum.operation(), s); }).value();
  const auto first = backend->newStream().value();
  const auto second = backend->newStream().value();
  sum.fill(*first);
  ASSERT_TRUE(first->wait());
  for (const auto* stream : {&first, &second}) {
    for (int i = 0; i < 3; ++i) (*stream)->replay(*recording, 1);
    ASSERT_TRUE((*stream)->wait());
  }
  EXPECT_EQ(sum.sums(*first), std::vector<float>(Sum::kWidth, 6));
  EXPECT_EQ(cuda_runtime::callCount("cudaGraphInstantiate"), 2);
}

TEST_F(CudaBackendTest, GroupsContextsIntoTenSizesUpToTheLongestWindow) {
  EXPECT_EQ(contextBucket(0), 512);
  EXPECT_EQ(contextBucket(512), 512);
  EXPECT_EQ(contextBucket(513), 1024);
  EXPECT_EQ(contextBucket(262'144), 262'144);
}

TEST_F(CudaBackendTest, TellsTheWorkspaceOfAnOperationAndOfAnyWithFewerRows) {
  const auto backend = CudaBackend::open(0).value();
  LaunchContext context;
  context.multiprocessors = 16;
  const auto rows = [](int64_t count, int64_t cols) {
    return matrix(nullptr, DType::F32, count, cols);
  };
  const auto weight = [](DType type, int64_t groups, int64_t out, int64_t in) {
    return Weight{nullptr, type, groups, out, in};
  };
  // x_proj's few outputs are cut into parts; the scan of few channels into pieces.
  const std::vector<std::function<Operation(int64_t)>> families = {
      [&](int64_t n) {
        return Linear{weight(DType::BF16, 1, 192, 5120), rows(n, 5120), {}, rows(n, 192)};
      },
      [&](int64_t n) {
        return Linear{weight(DType::Q4_K, 1, 64, 2560), rows(n, 2560), {}, rows(n, 64)};
      },
      [&](int64_t n) {
        const Weight half = weight(DType::Q8_0, 1, 8192, 2560);
        return LinearGated{half, half, rows(n, 2560), rows(n, 8192)};
      },
      [&](int64_t n) {
        SelectiveScan scan;
        scan.u = scan.out = rows(n, 32);
        scan.a = rows(16, 32);
        return scan;
      },
      [&](int64_t n) {
        Experts experts;
        experts.gate = experts.up = weight(DType::BF16, 4, 512, 256);
        experts.down = weight(DType::BF16, 4, 256, 512);
        experts.in = experts.out = rows(n, 256);
        experts.experts = experts.weights = rows(n, 2);
        return experts;
      },
  };
  for (size_t family = 0; family < families.size(); ++family) {
    int64_t largest = 0;
    for (int64_t n = 1; n <= 700; ++n) {
      const Operation operation = families[family](n);
      largest = std::max(largest, workspaceBytesOf(operation, context));
      if (n % 50 == 0 || n < 3) {
        EXPECT_EQ(backend->workspaceBytes(operation), largest) << family << ", " << n << " rows";
      }
    }
    EXPECT_GT(largest, 0) << family;
  }
}

TEST_F(CudaBackendTest, TakesNoWorkspaceOnceItIsReserved) {
  const auto backend = CudaBackend::open(0).value();
  const Buffer cells = backend->allocate(1 << 20, "a test").value();
  auto* at = static_cast<char*>(cells.data());
  SelectiveScan scan;
  scan.u = scan.delta = scan.z = matrix(at, DType::F32, 256, 32);
  scan.b = scan.c = matrix(at + (1 << 16), DType::F32, 256, 16);
  scan.a = matrix(at + (2 << 16), DType::F32, 16, 32);
  scan.deltaBias = scan.skip = vector(at + (3 << 16), DType::F32, 32);
  scan.h = matrix(at + (4 << 16), DType::F32, 16, 32);
  scan.out = matrix(at + (5 << 16), DType::F32, 256, 32);
  const int64_t wanted = backend->workspaceBytes(scan);
  ASSERT_GT(wanted, 0);
  const auto stream = backend->newStream().value();
  const int64_t before = cuda_runtime::bytesInUse(MemoryKind::Device);
  ASSERT_TRUE(stream->reserve(wanted));
  EXPECT_EQ(cuda_runtime::bytesInUse(MemoryKind::Device), before + wanted);
  cuda_runtime::refuseMemory(true);
  backend->run(scan, *stream);
  EXPECT_TRUE(stream->wait());
  const auto other = backend->newStream().value();
  const auto refused = other->reserve(wanted);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::OutOfMemory);
  EXPECT_THAT(refused.error().message, HasSubstr("The workspace of the operations needs"));
}

TEST_F(CudaBackendTest, AllocatesNothingOnceAllWasThere) {
  const auto backend = CudaBackend::open(0).value();
  const Sum sum(*backend);
  const auto stream = backend->newStream().value();
  const auto recording =
      backend->record([&](Stream& s) { backend->run(sum.operation(), s); }).value();
  const auto round = [&] {
    sum.fill(*stream);
    backend->run(sum.operation(), *stream);
    stream->replay(*recording, 1);
    (void)sum.sums(*stream);
  };
  const auto allocations = [] {
    return cuda_runtime::callCount("cudaMalloc") + cuda_runtime::callCount("cudaHostAlloc") +
           cuda_runtime::callCount("cudaStreamCreateWithFlags") +
           cuda_runtime::callCount("cudaGraphInstantiate");
  };
  round();
  round();
  const int64_t before = allocations();
  for (int i = 0; i < 3; ++i) round();
  EXPECT_EQ(allocations(), before);
}

/// A little of everything. What it sums up, or the first Error.
Result<std::vector<float>> someWork() {
  const auto backend = TRY(CudaBackend::open(0));
  std::vector<Buffer> buffers;
  for (int i = 0; i < 4; ++i) buffers.push_back(TRY(backend->allocate(256, "a test")));
  const auto row = [&](size_t i) { return vector(buffers[i].data(), DType::F32, 64); };
  const AddNorm add{row(0), row(1), row(2), row(3), 1};
  const auto stream = TRY(backend->newStream());
  const auto recording = TRY(backend->record([&](Stream& s) { backend->run(add, s); }));
  const std::vector<float> ones(64, 1);
  stream->copyIn(buffers[1].data(), ones.data(), 256);
  backend->run(add, *stream);
  for (int i = 0; i < 3; ++i) stream->replay(*recording, 1);
  std::vector<float> sums(64);
  stream->copyOut(sums.data(), buffers[0].data(), 256);
  TRY(stream->wait());
  return sums;
}

TEST_F(CudaBackendTest, SurvivesEachCallThatFails) {
  ASSERT_EQ(someWork().value(), std::vector<float>(64, 4));
  const int64_t calls = cuda_runtime::callCount();
  int64_t reported = 0;
  for (int64_t k = 1; k <= calls; ++k) {
    for (const cudaError_t error : {cudaErrorMemoryAllocation, cudaErrorUnknown}) {
      SCOPED_TRACE(testing::Message() << "call " << k << " of " << calls);
      simt::reset();
      cuda_runtime::failCall(static_cast<int>(k), error);
      const auto sums = someWork();
      if (sums) {
        EXPECT_EQ(*sums, std::vector<float>(64, 4));
      } else {
        ++reported;
        EXPECT_THAT(sums.error().message, Not(IsEmpty()));
      }
      simt::reset();
      EXPECT_EQ(someWork().value(), std::vector<float>(64, 4));
    }
  }
  EXPECT_GT(reported, calls / 2);
}

TEST_F(CudaBackendTest, DoesTheSameBehindThePluginsTable) {
  const plugin::Table& table = *lecternPlugin(plugin::kVersion);
  EXPECT_EQ(lecternPlugin(plugin::kVersion + 1), nullptr);
  const auto backend = openPluginDevice(table, 0, "cuda:0").value();
  EXPECT_EQ(backend->properties().memoryBytes, int64_t{8} << 30);
  EXPECT_THAT(backend->packing(), Not(IsEmpty()));
  EXPECT_EQ(backend->packedBytes(DType::F32, 3, 8, 32),
            3 * backend->packedBytes(DType::F32, 1, 8, 32));
  EXPECT_EQ(backend->allocate(int64_t{9} << 30, "The cache").error().code, ErrorCode::OutOfMemory);
  const Sum sum(*backend);
  const auto stream = backend->newStream().value();
  const auto recording =
      backend->record([&](Stream& s) { backend->run(sum.operation(), s); }).value();
  sum.fill(*stream);
  backend->run(sum.operation(), *stream);
  for (int i = 0; i < 3; ++i) stream->replay(*recording, 1);
  EXPECT_EQ(sum.sums(*stream), std::vector<float>(Sum::kWidth, 4));
  cuda_runtime::failCall(1, cudaErrorUnknown, "cudaMemcpyAsync");
  sum.fill(*stream);
  EXPECT_THAT(stream->wait().error().message, HasSubstr("a copy to the card"));
}

TEST_F(CudaBackendTest, TellsBehindTheTableWhyACardCannotBeUsed) {
  simt::reset({}, {.computeMajor = 7, .computeMinor = 5});
  const plugin::Table& table = *lecternPlugin(plugin::kVersion);
  std::vector<plugin::DeviceFacts> facts(4);
  plugin::Fault fault{};
  ASSERT_EQ(table.devices(facts.data(), 4, &fault), 1);
  EXPECT_EQ(facts[0].isUsable, 0);
  EXPECT_THAT(std::string(facts[0].reason), HasSubstr("7.5"));
  const auto backend = openPluginDevice(table, 0, "cuda:0");
  ASSERT_FALSE(backend.has_value());
  EXPECT_EQ(backend.error().code, ErrorCode::Usage);
}

}  // namespace
}  // namespace lectern::kernels::cuda
