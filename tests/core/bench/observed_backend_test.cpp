// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/observed_backend.h"

#include "core/engine/engine.h"
#include "kernels/contract.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lectern::bench {
namespace {

using Listening = ObservedBackend::Listening;

class Observed : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(tiny_model::write(folder.path(), tiny_model::miniConfig()));
    backend = std::make_shared<ObservedBackend>(kernels::openBackend("", 2).value());
    engine = Engine::open(folder.path(), {.windowTokens = 64}, backend, {}).value();
  }
  /// Logits of the last of nine tokens: eight at once, then one alone.
  std::vector<float> read(States& states) {
    const std::vector<int32_t> tokens = {1, 5, 9, 14, 3, 7, 30, 2};
    EXPECT_TRUE(engine->prefill(states, tokens, {}, {}));
    EXPECT_TRUE(engine->prefill(states, std::vector<int32_t>{4}, {}, {}));
    return {engine->logits().begin(), engine->logits().end()};
  }

  test::TemporaryFolder folder;
  std::shared_ptr<ObservedBackend> backend;
  std::unique_ptr<Engine> engine;
};

TEST_F(Observed, ListeningChangesNoBit) {
  States silent = engine->newStates().value();
  const std::vector<float> expected = read(silent);
  for (const Listening how : {Listening::Counting, Listening::Timing}) {
    States states = engine->newStates().value();
    int64_t heard = 0;
    backend->listen(how, [&](const kernels::Operation&, double seconds) {
      ++heard;
      EXPECT_GE(seconds, 0);
    });
    EXPECT_EQ(read(states), expected);
    backend->listen(ObservedBackend::Listening::No, {});
    EXPECT_GT(heard, 0);
    EXPECT_EQ(read(silent).size(), expected.size());
  }
}

TEST_F(Observed, HearsEveryOperationOfARecordedStep) {
  std::vector<std::string> names;
  States states = engine->newStates().value();
  read(states);
  backend->listen(Listening::Counting, [&](const kernels::Operation& operation, double) {
    names.emplace_back(kernels::nameOf(operation));
  });
  ASSERT_TRUE(engine->prefill(states, std::vector<int32_t>{4}, {}, {}));
  EXPECT_EQ(std::ranges::count(names, "MambaStep"), 3);
  EXPECT_EQ(std::ranges::count(names, "AttendOne"), 1);
  EXPECT_EQ(std::ranges::count(names, "Experts"), 2);
  EXPECT_EQ(names.front(), "EmbedRows");
}

TEST_F(Observed, CountsTheMemoryByItsPurpose) {
  const int64_t before = backend->heldBytes().at("The model");
  EXPECT_GE(before, 4 * 20'000);
  {
    States states = engine->newStates().value();
    read(states);
    EXPECT_GT(backend->heldBytes().at("The memory of what was read"), 0);
  }
  EXPECT_EQ(backend->heldBytes().at("The memory of what was read"), 0);
  engine.reset();
  for (const auto& [purpose, bytes] : backend->heldBytes()) EXPECT_EQ(bytes, 0) << purpose;
}

}  // namespace
}  // namespace lectern::bench
