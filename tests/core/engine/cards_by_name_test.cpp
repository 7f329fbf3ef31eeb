// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a name of a backend means where a model is larger than a card: CTest gives this program a
// plug-in with two cards that are none, each with 120 MiB free: the model without its experts.
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

TEST_F(CardsByName, TheProcessorIsNoCard) {
  EXPECT_THAT(open("cpu")->placement(), IsEmpty());
}

}  // namespace
}  // namespace lectern
