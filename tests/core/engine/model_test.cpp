// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/model.h"

#include "tests/support/backends.h"
#include "tests/support/engine_fixture.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lectern {
namespace {

// The backends of the host fix the order of every sum; a device may only promise it for one grid.
std::vector<LoadedModel> onHostBackends() {
  std::vector<LoadedModel> models;
  for (const kernels::BackendProperties& backend : kernels::availableBackends()) {
    if (!backend.hostMemory) continue;
    models.push_back(LoadedModel::load(tiny_model::miniConfig(), backend.name, 512).value());
  }
  return models;
}

RC_GTEST_PROP(Model, GivesTheSameBitsForAnyChunkingOnTheHost, ()) {
  static std::vector<LoadedModel> models = onHostBackends();
  const auto tokens =
      *rc::gen::container<std::vector<int32_t>>(40, rc::gen::inRange<int32_t>(0, 32));
  const auto chunks = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(1, 12)));
  for (LoadedModel& loaded : models) {
    States whole = loaded.newStates();
    States parts = loaded.newStates();
    States single = loaded.newStates();
    const auto expected = loaded.read(whole, tokens, std::vector<int64_t>{40});
    RC_ASSERT(loaded.read(parts, tokens, chunks) == expected);
    RC_ASSERT(loaded.read(single, tokens, std::vector<int64_t>{1}) == expected);
    RC_ASSERT(whole.prefix() == parts.prefix());
  }
}

class ModelOnBackend : public testing::TestWithParam<std::string> {};

TEST_P(ModelOnBackend, TapChangesNoBitOfTheLogits) {
  LoadedModel loaded = LoadedModel::load(tiny_model::miniConfig(), GetParam(), 512).value();
  States plain = loaded.newStates();
  States tapped = loaded.newStates();
  const std::vector<float> heads = {1, 1, 0, 0.5F};
  for (int32_t token = 0; token < 100; ++token) {
    const int32_t id[] = {token % 32};
    ASSERT_TRUE(loaded.model->run(plain, id, {}));
    const std::vector<float> expected(loaded.model->logits().begin(), loaded.model->logits().end());
    EXPECT_TRUE(loaded.model->mass().empty());
    ASSERT_TRUE(loaded.model->run(tapped, id, {.allLogits = false, .tapWeights = heads}));
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), loaded.model->logits().begin()));
  }
  ASSERT_EQ(loaded.model->mass().size(), 2U);
  EXPECT_NEAR(loaded.model->mass()[0] + loaded.model->mass()[1], 2.5, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Backends,
                         ModelOnBackend,
                         testing::ValuesIn(test::backendNames()),
                         [](const auto& info) { return test::asTestName(info.param); });

// What a range of layers hands over must not lie where its last layer works.
TEST_P(ModelOnBackend, GivesTheSameBitsWhereEachLayerIsARangeOfItsOwn) {
  nlohmann::json json = tiny_model::miniConfig();
  json["intermediate_size"] = 96;  // more than anything that an attention layer keeps meanwhile
  LoadedModel loaded = LoadedModel::load(json, GetParam(), 512).value();
  States states = loaded.newStates();
  const std::vector<int32_t> tokens = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9};
  const std::vector<int64_t> chunks = {7, 5, 1};
  const std::vector<float> expected = loaded.read(states, tokens, chunks);

  Devices devices;
  for (int64_t layer = 0; layer < static_cast<int64_t>(loaded.config.layers.size()); ++layer) {
    devices.parts.push_back({loaded.backend, {layer, layer + 1}});
  }
  const TemporaryFolder folder;
  ASSERT_TRUE(tiny_model::write(folder.path(), json));
  const auto files = ModelFolder::open(folder.path()).value();
  auto weights = Weights::load(*files, loaded.config, devices, {}, {}).value();
  loaded.model = Model::create(loaded.config, std::move(weights), devices, 512).value();
  States inParts = States::create(loaded.config, loaded.cacheType, 512, devices).value();
  EXPECT_EQ(loaded.read(inParts, tokens, chunks), expected);
}

// A recording refers to where the states lie, and to nothing that changes from token to token.
TEST(Model, RecordsAStepOnceForEachPlaceOfTheStates) {
  LoadedModel loaded = LoadedModel::load(tiny_model::miniConfig(), "reference", 2048).value();
  const auto step = [&](States& states, std::span<const float> tap = {}) {
    const int32_t id[] = {7};
    EXPECT_TRUE(loaded.model->run(states, id, {.allLogits = false, .tapWeights = tap}));
    return std::vector<float>(loaded.model->logits().begin(), loaded.model->logits().end());
  };
  States states = loaded.newStates();
  loaded.read(states, std::vector<int32_t>(510, 3), std::vector<int64_t>{510});
  for (int i = 0; i < 5; ++i) step(states);  // over the end of a page
  EXPECT_EQ(loaded.backend->recordings(), 1);
  EXPECT_EQ(loaded.backend->replays(), 5);

  // A fork lies elsewhere, and taking turns gives each the bits that it has alone.
  States fork = states.fork().value();
  States alone = states.fork().value();
  std::vector<std::vector<float>> expected;
  for (int i = 0; i < 3; ++i) expected.push_back(step(alone));
  EXPECT_EQ(loaded.backend->recordings(), 2);
  for (const auto& logits : expected) {
    EXPECT_EQ(step(fork), logits);
    EXPECT_EQ(step(states), logits);
  }
  EXPECT_EQ(loaded.backend->recordings(), 2 + 6);

  // Moving the object moves no memory; the tap has a recording of its own beside it.
  const std::vector<float> heads(4, 1.0F);
  States moved = std::move(states);
  for (int i = 0; i < 3; ++i) {
    step(moved);
    step(moved, heads);
  }
  EXPECT_EQ(loaded.backend->recordings(), 2 + 6 + 1);
}

TEST(Model, SaysBothNumbersWhereTheWindowIsFull) {
  const std::vector<int32_t> tokens = {1, 5, 9, 14, 3, 7, 30, 2};
  LoadedModel loaded = LoadedModel::load(tiny_model::miniConfig(), "reference", 10).value();
  States states = loaded.newStates();
  ASSERT_TRUE(loaded.model->run(states, tokens, {}));
  const Result<void> over = loaded.model->run(states, tokens, {});
  ASSERT_FALSE(over.has_value());
  EXPECT_EQ(over.error().code, ErrorCode::DoesNotFit);
  EXPECT_EQ(over.error().message,
            "8 tokens do not fit behind the 8 that were read: the window holds 10.");
}

}  // namespace
}  // namespace lectern
