// SPDX-License-Identifier: GPL-3.0-or-later
//
// What would compute a model on two graphics cards, as it is told before anything is loaded: it
// must be what opening the model then does. CTest gives this program a plug-in with cards that are
// none.
#include "app/workspace/model_devices.h"
#include "core/engine/engine.h"
#include "tests/app/support/model_folders.h"
#include "tests/app/support/terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <string>

namespace lectern {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int64_t kWindow = 1024;

class DevicesOnCards : public testing::Test {
 protected:
  // On a card with 120 MiB free there is room for it without its experts, 50 MB.
  DevicesOnCards() {
    nlohmann::json config = tiny_model::midiConfig();
    config["num_experts"] = 16;
    config["max_position_embeddings"] = kWindow;
    std::filesystem::create_directories(model);
    EXPECT_TRUE(tiny_model::write(model, config, {.bfloat16 = true}));
    EXPECT_TRUE(writeFileAtomically(model / "tokenizer.json", tinyTokenizer().dump()).has_value());
  }
  ~DevicesOnCards() override { (void)::unsetenv("LECTERN_BACKEND"); }

  ModelDevices foretold() {
    auto devices = DeviceForecast::open().value().of(model, 0, {});
    if (!devices) ADD_FAILURE() << devices.error().message;
    return std::move(devices).value();
  }
  // What is free of the computer's memory changes while the test runs.
  static std::string withoutFreeMemory(const std::string& sentence) {
    static const std::regex free("memory, which has [0-9.]+ GB free");
    return std::regex_replace(sentence, free, "memory");
  }
  std::unique_ptr<Engine> open() { return Engine::open(model, {.threads = 1}, {}).value(); }

  test::Terminal terminal;
  const std::filesystem::path model = terminal.folder.path() / "model";
};

TEST_F(DevicesOnCards, AreBothWhereOneDoesNotHoldTheModel) {
  const ModelDevices devices = foretold();
  ASSERT_EQ(devices.shares.size(), 2U);
  int64_t layers = 0;
  for (const DeviceShare& share : devices.shares) {
    EXPECT_EQ(share.layers.first, layers);
    layers = share.layers.end;
    EXPECT_LE(share.memory.bytes(), share.device.memoryFreeBytes);
    EXPECT_GT(share.memory.weightBytes, 0);
    EXPECT_GT(share.memory.windowBytes, 0);
  }
  EXPECT_EQ(layers, 8);
  EXPECT_TRUE(devices.holdWindow);
  EXPECT_EQ(devices.stayingLayers, 0);

  // Also while the model is loaded: it would be let go of.
  const auto engine = open();
  EXPECT_EQ(engine->placement(), devices.placement);
  EXPECT_EQ(engine->weights().bytes,
            devices.shares[0].memory.weightBytes + devices.shares[1].memory.weightBytes);
  const ModelDevices again = foretold();
  EXPECT_EQ(again.placement, devices.placement);
  EXPECT_EQ(again.shares[1].device.memoryFreeBytes, devices.shares[1].device.memoryFreeBytes);
}

TEST_F(DevicesOnCards, AreOneCardAndTheProcessorWhereThatCardIsAskedFor) {
  (void)::setenv("LECTERN_BACKEND", "cuda:1", 1);
  const ModelDevices devices = foretold();
  ASSERT_EQ(devices.shares.size(), 1U);
  EXPECT_EQ(devices.shares[0].device.name, "cuda:1");
  EXPECT_EQ(devices.expertLayers, 4);
  EXPECT_GT(devices.stayingLayers, 0);
  EXPECT_GT(devices.stayingBytes, 0);
  EXPECT_THAT(devices.processor.name, HasSubstr("cpu"));
  EXPECT_GT(devices.needs.bytes(), devices.shares[0].memory.bytes());
  EXPECT_EQ(open()->placement(), devices.placement);
}

TEST_F(DevicesOnCards, AreListedWithTheMemoryOfEach) {
  const test::Outcome imported = terminal.run({"models", "import", model.string()});
  ASSERT_EQ(imported.code, cli::ExitCode::Answered) << imported.err;
  const test::Outcome listed = terminal.run({"models", "list"});
  EXPECT_EQ(listed.out, imported.out);
  EXPECT_THAT(listed.out,
              AllOf(HasSubstr("computes on cuda:0 (Lectern test device), cuda:1"),
                    HasSubstr("memory with 1024 tokens: "), HasSubstr("MB free on cuda:1 (weights"),
                    HasSubstr("on cuda:0, layers"), Not(HasSubstr("computer's memory"))));

  const auto window = terminal.run({"models", "list", "--json"}).json()["models"][0]["memory"][0];
  EXPECT_EQ(window["windowTokens"], kWindow);
  EXPECT_EQ(window["holdWindow"], true);
  ASSERT_EQ(window["devices"].size(), 2U);
  EXPECT_EQ(window["devices"][1]["name"], "cuda:1");
  EXPECT_EQ(window["devices"][1]["firstLayer"], window["devices"][0]["layers"]);

  (void)::setenv("LECTERN_BACKEND", "cuda:0", 1);
  EXPECT_THAT(terminal.run({"models", "list"}).out,
              AllOf(HasSubstr("in the computer's memory (experts of "), HasSubstr("stay in the")));
  (void)::setenv("LECTERN_BACKEND", "cuda:7", 1);
  EXPECT_THAT(terminal.run({"models", "list"}).out, HasSubstr("cannot compute here: There is no"));
}

TEST_F(DevicesOnCards, TooSmallLeaveItToTheProcessorAndSaySo) {
  const ModelDevices devices = foretold();
  ASSERT_EQ(devices.shares.size(), 1U);
  EXPECT_FALSE(devices.onCards());
  EXPECT_THAT(devices.tooSmall, AllOf(HasSubstr("cuda:0: The model in"), HasSubstr("are free")));
  EXPECT_EQ(withoutFreeMemory(open()->backend().reason), withoutFreeMemory(devices.tooSmall));
  ASSERT_EQ(terminal.run({"models", "import", model.string()}).code, cli::ExitCode::Answered);
  EXPECT_THAT(terminal.run({"models", "list"}).out,
              AllOf(HasSubstr("computes on cpu"), HasSubstr(": cuda:0: The model in")));

  (void)::setenv("LECTERN_BACKEND", "cuda", 1);
  const auto refused = DeviceForecast::open().value().of(model, 0, {});
  ASSERT_FALSE(refused) << "nothing else is taken in its place";
  EXPECT_EQ(refused.error().code, ErrorCode::OutOfMemory);
  EXPECT_THAT(terminal.run({"models", "list"}).out, HasSubstr("cannot compute here: The model in"));
}

}  // namespace
}  // namespace lectern
