// SPDX-License-Identifier: GPL-3.0-or-later
//
// A model on a graphics card: what memory it takes of it, and when. The card is the stand-in for
// the CUDA runtime, which can refuse every request; the kernels are run by engine A.
#include "core/engine/device_choice.h"
#include "core/engine/engine.h"
#include "core/engine/memory_needs.h"
#include "kernels/cuda/cuda_backend.h"
#include "tests/cublas/attach.h"
#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/simt/simt.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

namespace lectern {
namespace {

using cuda_runtime::MemoryKind;
using kernels::cuda::Cublas;
using kernels::cuda::CudaBackend;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kWindow = 700;
constexpr int kRead = 600;  // more than a page of the cache, and than a chunk

std::vector<int32_t> tokens(int count) {
  std::vector<int32_t> list;
  for (int i = 0; i < count; ++i) list.push_back((5 * i * i + 11 * i + 3) % 32);
  return list;
}

/// With our own products, and with the substitute for cuBLAS.
class OnACard : public testing::TestWithParam<bool> {
 protected:
  OnACard() {
    start();
    const char* library = GetParam() ? LECTERN_CUBLAS_SUBSTITUTE : "off";
    EXPECT_TRUE(!GetParam() || cublas_substitute::attach(library) != nullptr);
    (void)::setenv("LECTERN_CUBLAS", library, 1);
    Cublas::setLeast({.rows = 8, .elements = 0});
    config_.erase("eos_token_id");  // random weights would end where they please
    EXPECT_TRUE(tiny_model::write(folder_.path(), config_, {.bfloat16 = true}));
  }
  ~OnACard() override { EXPECT_EQ(cuda_runtime::findingsText(), ""); }

  // The substitute asks who wrote what it reads.
  static void start(const cuda_runtime::Settings& settings = {}) {
    simt::reset({.trace = GetParam()}, settings);
  }
  Result<std::unique_ptr<Engine>> open() {
    return Engine::open(folder_.path(), {.windowTokens = kWindow}, CudaBackend::open(0).value(),
                        {});
  }
  static int64_t requests() {
    return cuda_runtime::callCount("cudaMalloc") + cuda_runtime::callCount("cudaHostAlloc");
  }

  nlohmann::json config_ = tiny_model::miniConfig();
  test::TemporaryFolder folder_;
};

TEST_P(OnACard, ReadsAndWritesWithoutTakingMemoryOnceItIsPlanned) {
  const auto engine = open().value();
  EXPECT_GT(engine->workingMemory().workspace, 0);
  States states = engine->newStates().value();
  ASSERT_TRUE(states.reserve(kRead + 20));
  const int64_t before = requests();
  cuda_runtime::refuseMemory(true);

  const std::vector<int32_t> all = tokens(kRead);
  size_t at = 0;
  for (const size_t chunk : {7, 64, 1, 100, 128, 300}) {
    const auto part = std::span(all).subspan(at, chunk);
    ASSERT_TRUE(engine->prefill(states, part, {}, {}));
    at += chunk;
  }
  ASSERT_EQ(at, all.size());
  GenerateOptions options{.maxTokens = 10, .stopTokens = {}, .tapWeights = {1, 1, 1, 1}};
  int written = 0;
  const auto count = [&written](const GeneratedToken& token) -> Result<void> {
    EXPECT_FALSE(token.mass.empty());
    ++written;
    return {};
  };
  ASSERT_TRUE(engine->generate(states, options, count, {}));
  EXPECT_EQ(written, 10);
  EXPECT_EQ(requests(), before);
  cuda_runtime::refuseMemory(false);
}

TEST_P(OnACard, TakesWhatWasPlannedToTheByte) {
  const auto files = ModelFolder::open(folder_.path()).value();
  const ModelConfig config = parseModelConfig(files->config(), "config").value();
  const std::shared_ptr<kernels::Backend> backend = CudaBackend::open(0).value();
  const ModelMemory needs =
      plannedMemory(*files, config, *backend, {}, kernels::DType::F32, kWindow).value();
  const auto held = [start = cuda_runtime::bytesInUse(MemoryKind::Device)] {
    return cuda_runtime::bytesInUse(MemoryKind::Device) - start;
  };
  EXPECT_EQ(held(), 0);
  const auto weights = Weights::load(*files, config, *backend, {}, {}).value();
  EXPECT_EQ(held(), needs.weightBytes);
  const auto model = Model::create(config, weights, Devices::one(backend, config), kWindow).value();
  EXPECT_EQ(held(), needs.weightBytes + needs.workingBytes);
  EXPECT_EQ(needs.workingBytes, model->workingMemory().bytes());
}

// Before anything is loaded: the workspace counts like everything else.
TEST_P(OnACard, RefusesAModelWhoseWorkspaceDoesNotFit) {
  config_["num_experts"] = 1;
  ASSERT_TRUE(tiny_model::write(folder_.path(), config_, {.bfloat16 = true}));
  const auto files = ModelFolder::open(folder_.path()).value();
  const ModelConfig config = parseModelConfig(files->config(), "config").value();
  const int64_t needed =
      needsOnCard(*files, config, {{}, kernels::DType::F32, kWindow}, *CudaBackend::open(0).value())
          .value()
          .bytes();
  constexpr int64_t kCard = int64_t{8} << 30;
  start({.memoryBytes = kCard, .busyBytes = {kCard - needed}});
  EXPECT_TRUE(open());
  start({.memoryBytes = kCard, .busyBytes = {kCard - needed + 1}});
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::OutOfMemory);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("are free on cuda:0 (Lectern test device)"),
                                             HasSubstr("Q4_K"), Not(HasSubstr("experts"))));
}

INSTANTIATE_TEST_SUITE_P(Products, OnACard, testing::Bool(), [](const auto& info) {
  return info.param ? "OfCublas" : "OfOurOwn";
});

}  // namespace
}  // namespace lectern
