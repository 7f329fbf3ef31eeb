// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/settings.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

namespace lectern {
namespace {

using ::testing::HasSubstr;

Result<void> set(Settings& settings, std::string_view name, std::string_view value) {
  return TRY(findSetting(name))->set(settings, value);
}

TEST(SettingKeys, EveryOneIsNamedOnceDescribedAndTakesItsOwnDefault) {
  std::set<std::string_view> names;
  for (const SettingKey& key : settingKeys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_GT(std::string_view(key.description).size(), 10U) << key.name;
    Settings settings;
    EXPECT_TRUE(key.set(settings, key.get({}))) << key.name;
    EXPECT_EQ(settings, Settings{}) << key.name;
  }
}

TEST(SettingKeys, AValueComesBackAsItWasSet) {
  Settings settings;
  for (const auto& [name, value] :
       {std::pair("answers.engine", "my-model"), std::pair("answers.window", "65536"),
        std::pair("answers.quote", "true"), std::pair("answers.temperature", "0.35"),
        std::pair("answers.kv", "int8"), std::pair("answers.kv", "auto"),
        std::pair("answers.seed", "9223372036854775807"), std::pair("window.language", "pt-BR"),
        std::pair("window.announcements", "ends")}) {
    ASSERT_TRUE(set(settings, name, value)) << name;
    EXPECT_EQ(findSetting(name).value()->get(settings), value);
  }
}

TEST(SettingKeys, AValueThatCannotBeChangesNothing) {
  Settings settings;
  for (const auto& [name, value] :
       {std::pair("answers.threads", "-1"), std::pair("answers.threads", "1025"),
        std::pair("answers.threads", "3 "), std::pair("answers.threads", ""),
        std::pair("answers.temperature", "nan"), std::pair("answers.temperature", "0x1"),
        std::pair("answers.top-p", "1.5"), std::pair("answers.quote", "yes"),
        std::pair("answers.kv", "int4"), std::pair("answers.kv", ""),
        std::pair("answers.engine", ""), std::pair("answers.engine", "models/mine"),
        std::pair("answers.engine", "two\nlines"), std::pair("window.language", "../en"),
        std::pair("window.announcements", "loud")}) {
    const auto refused = set(settings, name, value);
    ASSERT_FALSE(refused) << name << " " << value;
    EXPECT_THAT(refused.error().message, HasSubstr("must be"));
  }
  EXPECT_EQ(settings, Settings{});
}

TEST(SettingKeys, LimitsOfAddingReachTheWorkspace) {
  Settings settings;
  settings.pageSeconds = 90;
  settings.documentMinutes = 5;
  WorkspaceOptions options;
  applySettings(settings, options);
  EXPECT_EQ(options.limits.pageCpu, std::chrono::seconds(90));
  EXPECT_EQ(options.limits.pageWall, std::chrono::seconds(90));
  EXPECT_EQ(options.limits.documentCpu, std::chrono::minutes(5));
  WorkspaceOptions plain;
  applySettings({}, plain);
  EXPECT_EQ(plain.limits.pageCpu, ExtractionLimits{}.pageCpu);
  EXPECT_EQ(plain.limits.pageWall, ExtractionLimits{}.pageWall);
  EXPECT_EQ(plain.limits.documentCpu, ExtractionLimits{}.documentCpu);
}

TEST(AskOptions, AreThoseOfTheSettingsOnceAModelIsChosen) {
  Settings settings;
  EXPECT_EQ(settings.engine, Settings::kFinderEngine);
  settings.engine = Settings::kExtractiveEngine;
  settings.threads = 3;
  EXPECT_TRUE(askOptionsOf(settings, "/nowhere").value().model.empty());
  settings.engine = "/nowhere/model";
  EXPECT_EQ(askOptionsOf(settings, "/nowhere").error().code, ErrorCode::ModelUnusable);
  settings.engine = LECTERN_SOURCE_DIR "/resources/models/pocket";
  settings.answerTokens = 77;
  settings.temperature = 0.5;
  EXPECT_FALSE(askOptionsOf(settings, "/nowhere").value().cacheType);
  settings.cacheType = kernels::DType::I8;
  const AskOptions options = askOptionsOf(settings, "/nowhere").value();
  EXPECT_EQ(options.model, settings.engine);
  EXPECT_EQ(options.threads, 3);
  EXPECT_EQ(options.cacheType, kernels::DType::I8);
  EXPECT_EQ(options.answer.maxTokens, 77);
  EXPECT_EQ(options.answer.sampler.temperature, 0.5);
}

}  // namespace
}  // namespace lectern
