// SPDX-License-Identifier: GPL-3.0-or-later
// What the substitute finds wrong: each fault that it is there for, committed once.
#include "kernels/cuda/cublas_api.h"
#include "tests/cublas/attach.h"
#include "tests/cuda_runtime/runtime_test.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace lectern::cublas_substitute {
namespace {

namespace cublas = kernels::cuda::cublas;
using cuda_runtime::findingsText;
using testing::HasSubstr;

/// out [2, 3] = in [2, 4] · weight [3, 4]ᵀ
struct Call {
  const void* weight = nullptr;
  const void* in = nullptr;
  void* out = nullptr;
  int opA = cublas::kTransposed;
  int m = 3, n = 2, k = 4;
  int pitchA = 4, pitchB = 4, pitchC = 3;
  int typeA = cublas::kBFloat16, typeC = cublas::kFloat32, compute = cublas::kComputeFloat;
  float beta = 0;
  bool setsWorkspace = true;
  void* workspace = nullptr;
};

class Substitute : public testing::Test {
 protected:
  template <class Function>
  Function look(const char* name) {
    return reinterpret_cast<Function>(::dlsym(library_, name));
  }
  void SetUp() override {
    cuda_runtime::reset();
    library_ = ::dlopen(LECTERN_CUBLAS_SUBSTITUTE, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(attach(LECTERN_CUBLAS_SUBSTITUTE), nullptr);
    ASSERT_EQ(look<cublas::Create>("cublasCreate_v2")(&handle_), 0);
    stream_ = cuda_runtime::newStream();
    const auto halves = [&](const std::vector<float>& values) {
      std::vector<uint16_t> bits;
      for (const float value : values) {
        uint32_t wide = 0;
        std::memcpy(&wide, &value, 4);
        bits.push_back(static_cast<uint16_t>(wide >> 16));
      }
      auto* device = cuda_runtime::onDevice<uint16_t>(bits.size());
      EXPECT_EQ(cudaMemcpy(device, bits.data(), bits.size() * 2, cudaMemcpyHostToDevice), 0);
      return device;
    };
    good_.weight = halves({1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1});
    good_.in = halves({1, 2, 3, 4, 5, 6, 7, 8});
    good_.out = cuda_runtime::onDevice<float>(6);
    good_.workspace = cuda_runtime::onDevice<char>(1024);
  }
  void TearDown() override {
    EXPECT_EQ(look<cublas::Destroy>("cublasDestroy_v2")(handle_), 0);
    cuda_runtime::reset();
  }
  int multiply(const Call& call) {
    EXPECT_EQ(look<cublas::SetStream>("cublasSetStream_v2")(handle_, stream_), 0);
    if (call.setsWorkspace) {
      EXPECT_EQ(look<cublas::SetWorkspace>("cublasSetWorkspace_v2")(handle_, call.workspace, 1024),
                0);
    }
    const float one = 1;
    return look<cublas::GemmEx>("cublasGemmEx")(
        handle_, call.opA, cublas::kAsItIs, call.m, call.n, call.k, &one, call.weight, call.typeA,
        call.pitchA, call.in, cublas::kBFloat16, call.pitchB, &call.beta, call.out, call.typeC,
        call.pitchC, call.compute, cublas::kAnyAlgorithm);
  }
  /// What it finds when one thing is otherwise, once all that was enqueued has run.
  std::string found(const std::function<void(Call&)>& change) {
    cuda_runtime::clearFindings();
    Call call = good_;
    change(call);
    (void)multiply(call);
    (void)cudaStreamSynchronize(stream_);
    return findingsText();
  }
  std::vector<float> result() {
    std::vector<float> out(6);
    EXPECT_EQ(cudaMemcpy(out.data(), good_.out, 24, cudaMemcpyDeviceToHost), 0);
    return out;
  }

  void* library_ = nullptr;
  cublas::Handle handle_ = nullptr;
  cudaStream_t stream_ = nullptr;
  Call good_;
};

TEST_F(Substitute, MultipliesWhenItsStreamComesToIt) {
  EXPECT_EQ(multiply(good_), 0);
  EXPECT_EQ(cuda_runtime::pendingOperations(), 1);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(result(), (std::vector<float>{1, 2, 10, 5, 6, 26}));
  Call adding = good_;
  adding.beta = 1;
  EXPECT_EQ(multiply(adding), 0);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(result(), (std::vector<float>{2, 4, 20, 10, 12, 52}));
  EXPECT_EQ(findingsText(), "");
}

TEST_F(Substitute, FindsWhatIsWrongWithAProduct) {
  EXPECT_EQ(found([](Call&) {}), "");
  EXPECT_THAT(found([](Call& c) { c.pitchA = 3; }), HasSubstr("leading dimension of A"));
  EXPECT_THAT(found([](Call& c) { c.pitchB = 3; }), HasSubstr("leading dimension of B"));
  EXPECT_THAT(found([](Call& c) { c.pitchC = 2; }), HasSubstr("leading dimension of C"));
  EXPECT_THAT(found([](Call& c) { c.pitchA = 5; }), HasSubstr("A leaves its memory"));
  EXPECT_THAT(found([](Call& c) { c.n = 3; }), HasSubstr("B leaves its memory"));
  EXPECT_THAT(found([](Call& c) { c.pitchC = 4; }), HasSubstr("C leaves its memory"));
  EXPECT_THAT(found([](Call& c) { c.out = c.workspace; }), HasSubstr("workspace lies over C"));
  EXPECT_THAT(found([](Call& c) { c.typeA = cublas::kFloat32; }), HasSubstr("none that we use"));
  EXPECT_THAT(found([](Call& c) { c.typeC = cublas::kBFloat16; }), HasSubstr("none that we use"));
  EXPECT_THAT(found([](Call& c) { c.compute = 64; }), HasSubstr("none that we use"));
  EXPECT_THAT(found([](Call& c) { c.opA = cublas::kAsItIs; }), HasSubstr("none that we use"));
  EXPECT_THAT(found([](Call& c) { c.setsWorkspace = false; }), HasSubstr("without a workspace"));
  EXPECT_THAT(found([this](Call&) { stream_ = nullptr; }), HasSubstr("default stream"));
}

TEST_F(Substitute, FindsASumWithWhatNobodyHasWritten) {
  EXPECT_THAT(found([](Call& c) { c.beta = 1; }), HasSubstr("what nobody has written"));
}

TEST_F(Substitute, FindsARaceWithAnotherStream) {
  EXPECT_EQ(multiply(good_), 0);
  cudaStream_t other = cuda_runtime::newStream();
  ASSERT_EQ(cudaMemsetAsync(good_.out, 0, 24, other), cudaSuccess);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_TRUE(cuda_runtime::found(cuda_runtime::FindingKind::StreamRace));
}

TEST_F(Substitute, IsWithoutARuntimeAsTheRealOneIsWithoutADriver) {
  Control& control = *attach(LECTERN_CUBLAS_SUBSTITUTE);
  control.runtime = {};
  cublas::Handle handle = nullptr;
  EXPECT_EQ(look<cublas::Create>("cublasCreate_v2")(&handle), cublas::kNotInitialised);
}

}  // namespace
}  // namespace lectern::cublas_substitute
