// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a name of a backend means where a model is larger than a card: CTest gives this program a
// plug-in with two cards that are none, each with 120 MiB free: the model without its experts.
#include "core/bench/model_bench.h"
#include "core/engine/device_choice.h"
#include "core/engine/engine.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lectern {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class CardsByName : public testing::Test {
 protected:
  CardsByName() {
    nlohmann::json config = tiny_model::midiConfig();
    config["num_experts"] = 16;  // 50 MB of them
    EXPECT_TRUE(tiny_model::write(folder_.path(), config, {.bfloat16 = true}));
  }
  std::unique_ptr<Engine> open(const std::string& name) {
    auto engine =
        Engine::open(folder_.path(), {.backend = name, .threads = 1, .windowTokens = 1024}, {});
    if (!engine) ADD_FAILURE() << engine.error().message;
    return std::move(engine).value();
  }
  static void expectReads(Engine& engine) {
    States states = engine.newStates().value();
    const std::vector<int32_t> few = {3, 5, 8};
    EXPECT_TRUE(engine.prefill(states, few, {}, {}));
    EXPECT_EQ(states.position(), 3);
  }

  test::TemporaryFolder folder_;
};

TEST_F(CardsByName, CudaIsAllCardsWhereOneDoesNotHoldTheModel) {
  for (const std::string name : {"cuda", ""}) {
    const auto engine = open(name);
    EXPECT_EQ(engine->backend().name, "cuda:0+cuda:1");
    EXPECT_THAT(engine->placement(), HasSubstr("on cuda:0, layers"));
    expectReads(*engine);
  }
}

TEST_F(CardsByName, ANumberIsThatCardAlone) {
  const auto engine = open("cuda:1");
  EXPECT_EQ(engine->backend().name, "cuda:1");
  EXPECT_THAT(engine->placement(),
              AllOf(HasSubstr("The experts of"), HasSubstr("free on cuda:1"), HasSubstr("cpu")));
  expectReads(*engine);
}

// An embedding that is larger than what a card has free.
TEST_F(CardsByName, WhatNoCardHoldsIsTheProcessorsInABenchToo) {
  nlohmann::json config = tiny_model::midiConfig();
  config["vocab_size"] = 300'000;
  config["tie_word_embeddings"] = true;
  ASSERT_TRUE(tiny_model::write(folder_.path(), config, {.bfloat16 = true}));
  EXPECT_EQ(Engine::open(folder_.path(), {.backend = "cuda"}, {}).error().code,
            ErrorCode::OutOfMemory);
  const auto report = bench::runBench(
      {.model = folder_.path(), .threads = 1, .prompts = {3}, .generate = 0}, {}, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->backend.hostMemory);
  EXPECT_THAT(report->backend.reason, HasSubstr("cuda:0"));
}

TEST_F(CardsByName, TheProcessorIsNoCard) {
  EXPECT_THAT(open("cpu")->placement(), IsEmpty());
}

}  // namespace
}  // namespace lectern
