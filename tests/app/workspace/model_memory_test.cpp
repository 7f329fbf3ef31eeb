// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_memory.h"

#include "core/engine/engine.h"

#include <gtest/gtest.h>

namespace lectern {
namespace {

constexpr const char* kPocket = LECTERN_SOURCE_DIR "/resources/models/pocket";

TEST(ModelMemory, OfAWindowIsWhatFullStatesAndTheirForkTake) {
  const ModelDescription model = describeModel(kPocket, WeightCheck::Shapes, {}, {}).value();
  constexpr int64_t kWindow = 4096;
  const std::unique_ptr<Engine> engine =
      Engine::open(kPocket, {.windowTokens = kWindow}, {}).value();
  States states = engine->newStates().value();
  const std::vector<int32_t> tokens(kWindow, 5);
  ASSERT_TRUE(engine->prefill(states, tokens, {}, {}));
  const int64_t empty = engine->newStates()->bytes();
  const auto real = static_cast<double>(states.bytes() + empty);
  EXPECT_NEAR(static_cast<double>(memoryOf(model, kWindow).windowBytes), real, 0.02 * real);
}

TEST(ModelMemory, GrowsWithTheWindowUpToTheModels) {
  const ModelDescription model = describeModel(kPocket, WeightCheck::Shapes, {}, {}).value();
  EXPECT_LT(memoryOf(model, 512).bytes(), memoryOf(model, 0).bytes());
  EXPECT_EQ(memoryOf(model, 1 << 30).bytes(), memoryOf(model, 0).bytes());
  EXPECT_EQ(memoryOf(model, 0).weightBytes, model.bytes);
  EXPECT_GT(machineMemoryBytes(), int64_t{1} << 28);
}

}  // namespace
}  // namespace lectern
