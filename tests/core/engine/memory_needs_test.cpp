// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/memory_needs.h"

#include "core/engine/model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"
#include "tests/support/wrapped_backend.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kShort = 1024;

class MemoryNeeds : public ::testing::Test {
 protected:
  void SetUp() override {
    const nlohmann::json json = tiny_model::midiConfig();
    ASSERT_TRUE(tiny_model::write(folder.path(), json, {.bfloat16 = true}));
    config = parseModelConfig(json, "config").value();
    model = ModelFolder::open(folder.path()).value();
    for (const auto& [name, tensor] : model->tensors()) {
      bytes += static_cast<int64_t>(tensor.data.size());
    }
  }
  [[nodiscard]] std::string refusal(int64_t freeBytes) const {
    const auto checked = checkFits(*model, memoryOf(config, bytes, kShort), freeBytes);
    EXPECT_FALSE(checked);
    if (checked) return {};
    EXPECT_EQ(checked.error().code, ErrorCode::OutOfMemory);
    return checked.error().message;
  }

  test::TemporaryFolder folder;
  ModelConfig config;
  std::shared_ptr<const ModelFolder> model;
  int64_t bytes = 0;
};

TEST_F(MemoryNeeds, AModelThatFitsIsNotRefused) {
  const ModelMemory needs = memoryOf(config, bytes, kShort);
  EXPECT_TRUE(checkFits(*model, needs, needs.bytes()));
  EXPECT_TRUE(checkFits(*model, needs, 0)) << "where nothing is known of the memory";
  EXPECT_FALSE(checkFits(*model, needs, needs.bytes() - 1));
  EXPECT_FALSE(checkFits(*model, memoryOf(config, bytes, kShort, {}, 4 * kernels::kUsualRows),
                         needs.bytes()));
}

TEST_F(MemoryNeeds, OneThatDoesNotFitIsRefusedWithWhatWould) {
  const int64_t least = memoryOf(config, bytes / 2 * 5 / 8, kShort).bytes();
  EXPECT_THAT(refusal(least), AllOf(HasSubstr(folder.path().string()), HasSubstr("are free"),
                                    HasSubstr("which would fit")));
  EXPECT_THAT(refusal(least - 1), AllOf(HasSubstr("smaller model"), Not(HasSubstr("would fit"))));
}

TEST_F(MemoryNeeds, TheLongestWindowIsFound) {
  const auto needed = [&](int64_t tokens) { return memoryOf(config, bytes, tokens).bytes(); };
  EXPECT_EQ(windowThatFits(config, bytes, needed(0)), config.maxPositionEmbeddings);
  EXPECT_EQ(windowThatFits(config, bytes, needed(32 * 1024)), 32 * 1024);
  EXPECT_EQ(windowThatFits(config, bytes, needed(32 * 1024) - 1), 31 * 1024);
  EXPECT_EQ(windowThatFits(config, bytes, bytes), 0);
}

TEST_F(MemoryNeeds, KeysAndValuesTakeWhatTheirTypeDoes) {
  using kernels::DType;
  constexpr int64_t kTokens = 32 * 1024;
  const auto window = [&](std::optional<DType> type) {
    return memoryOf(config, bytes, kTokens, type).windowBytes;
  };
  const int64_t rows = config.attentionLayers() * kTokens * 2 * config.numKeyValueHeads;
  EXPECT_EQ(window(std::nullopt), window(DType::F32)) << "the usual one of a small model";
  EXPECT_EQ(window(DType::F32) - window(DType::BF16), rows * config.headDim * 2);
  EXPECT_EQ(window(DType::BF16) - window(DType::I8), rows * (config.headDim - 4));

  const int64_t memory = memoryOf(config, bytes, kTokens, DType::BF16).bytes();
  EXPECT_EQ(windowThatFits(config, bytes, memory, DType::BF16), kTokens);
  EXPECT_GT(windowThatFits(config, bytes, memory, DType::I8), kTokens * 3 / 2);
}

// The plan is by shapes, and what opening takes is the plan.
TEST_F(MemoryNeeds, OfABackendAreWhatItTakes) {
  const std::shared_ptr<kernels::Backend> inner = kernels::openBackend("cpu", 1).value();
  auto backend = std::make_shared<test::WrappedBackend>(inner);
  const auto plan = [&](std::optional<kernels::DType> matrixType) {
    return plannedMemory(*model, config, *backend, matrixType, kernels::DType::F32, kShort).value();
  };
  const ModelMemory needs = plan({});
  const auto weights = Weights::load(*model, config, *backend, {}, {}).value();
  EXPECT_EQ(needs.weightBytes, backend->heldBytes());
  const auto opened = Model::create(config, weights, Devices::one(backend, config), kShort).value();
  EXPECT_EQ(needs.workingBytes, backend->heldBytes() - needs.weightBytes);
  EXPECT_EQ(needs.workingBytes, opened->workingMemory().bytes());
  EXPECT_GT(plan(kernels::DType::F32).weightBytes, needs.weightBytes * 3 / 2);
}

}  // namespace
}  // namespace lectern
