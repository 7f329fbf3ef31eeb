// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_devices.h"

#include "core/engine/engine.h"
#include "tests/app/support/model_folders.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ModelDevicesTest : public testing::Test {
 protected:
  ModelDevicesTest() {
    nlohmann::json config = test::tinyConfig();
    config["max_position_embeddings"] = 262'144;
    test::writeModel(model, config);
  }

  test::TemporaryFolder folder;
  const std::filesystem::path model = folder.path() / "model";
};

TEST_F(ModelDevicesTest, AreWhatOpeningTheModelTakes) {
  constexpr int64_t kWindow = 4096;
  auto forecast = DeviceForecast::open().value();
  const ModelDevices devices = forecast.of(model, kWindow, {}).value();
  const auto engine = Engine::open(model, {.windowTokens = kWindow}, {}).value();
  ASSERT_EQ(devices.shares.size(), 1U);
  EXPECT_EQ(devices.shares[0].device.name, engine->backend().name);
  EXPECT_EQ(devices.shares[0].layers, engine->config().allLayers());
  EXPECT_EQ(devices.placement, engine->placement());
  EXPECT_THAT(devices.tooSmall, IsEmpty());
  if (devices.onCards()) return;  // which keep some free besides
  const auto weightBytes = static_cast<double>(engine->weights().bytes);  // less what aligns them
  EXPECT_NEAR(static_cast<double>(devices.shares[0].memory.weightBytes), weightBytes,
              0.01 * weightBytes);
  EXPECT_EQ(devices.shares[0].memory.workingBytes, engine->workingMemory().bytes());
}

TEST_F(ModelDevicesTest, TakeTheWindowAndTheTypeOfKeysAndValuesAsTheyAreWished) {
  auto forecast = DeviceForecast::open().value();
  const auto windowBytes = [&](int64_t tokens, std::optional<kernels::DType> type) {
    return forecast.of(model, tokens, type)->shares.front().memory.windowBytes;
  };
  EXPECT_LT(windowBytes(32'768, {}), windowBytes(131'072, {}));
  EXPECT_EQ(windowBytes(0, {}), windowBytes(262'144, {}));
  EXPECT_EQ(forecast.of(model, 1 << 30, {})->windowTokens, 262'144);
  EXPECT_LT(windowBytes(0, kernels::DType::BF16), windowBytes(0, kernels::DType::F32));
}

TEST_F(ModelDevicesTest, SayWhyAModelCannotBeOpened) {
  auto forecast = DeviceForecast::open().value();
  const auto refused = forecast.of(folder.path() / "none", 0, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::ModelUnusable);
  EXPECT_THAT(refused.error().message, HasSubstr("none"));
}

TEST(UsualWindows, EndWithTheModelsOwn) {
  const auto of = [](int64_t tokens) {
    ModelConfig config;
    config.maxPositionEmbeddings = tokens;
    return usualWindows(config);
  };
  EXPECT_THAT(of(8192), ElementsAre(8192));
  EXPECT_THAT(of(32'768), ElementsAre(32'768));
  EXPECT_THAT(of(200'000), ElementsAre(32'768, 131'072, 200'000));
  EXPECT_THAT(of(1 << 20), ElementsAre(32'768, 131'072, 262'144));
}

}  // namespace
}  // namespace lectern
