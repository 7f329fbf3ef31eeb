// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/settings_file.h"

#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <thread>

namespace lectern {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SettingsFileTest : public ::testing::Test {
 protected:
  void write(std::string_view text) {
    std::filesystem::create_directories(config);
    (void)folder.write("config/settings.ini", text);
  }
  [[nodiscard]] std::string text() const { return test::bytesOf(settingsFile(config)); }

  test::TemporaryFolder folder;
  std::filesystem::path config = folder.path() / "config";
};

TEST_F(SettingsFileTest, NoFileIsAllDefaults) {
  const LoadedSettings loaded = loadSettings(config);
  EXPECT_EQ(loaded.settings, Settings{});
  EXPECT_THAT(loaded.problems, IsEmpty());
}

TEST_F(SettingsFileTest, AChangeTouchesItsLineAndNoOther) {
  write(
      "# mine\r\n[window]\n language=de\n[ answers ]\nthreads = 2\nfuture = yes\n\n[ours]\nx=1\n");
  ASSERT_TRUE(changeSettings(
      config,
      {{"answers.threads", "4"}, {"answers.quote", "true"}, {"reader.picture-megabytes", "64"}}));
  EXPECT_EQ(text(),
            "# mine\r\n[window]\n language=de\n[ answers ]\nthreads = 4\nfuture = yes\n"
            "quote = true\n\n[ours]\nx=1\n\n[reader]\npicture-megabytes = 64\n");
  const Settings settings = loadSettings(config).settings;
  EXPECT_EQ(settings.language, "de");
  EXPECT_EQ(settings.threads, 4);
  EXPECT_TRUE(settings.quote);
  EXPECT_EQ(settings.pictureMegabytes, 64);
  ASSERT_TRUE(changeSettings(config, {{"answers.threads", std::nullopt}}));
  EXPECT_EQ(loadSettings(config).settings.threads, 0);
  EXPECT_THAT(text(), HasSubstr("future = yes"));
}

TEST_F(SettingsFileTest, AValueThatCannotBeIsTheDefaultAndIsSaid) {
  write("[answers]\nthreads = many\ntemperature = 0.5\n");
  const LoadedSettings loaded = loadSettings(config);
  EXPECT_EQ(loaded.settings.threads, 0);
  EXPECT_EQ(loaded.settings.temperature, 0.5);
  EXPECT_THAT(loaded.problems, ElementsAre(HasSubstr("answers.threads in ")));
  ASSERT_TRUE(changeSettings(config, {{"answers.length", "50"}}));
  EXPECT_THAT(text(), HasSubstr("threads = many"));
}

TEST_F(SettingsFileTest, ABrokenFileIsSaidAndLeftAlone) {
  for (const std::string& broken :
       {std::string("[answers]\nthreads\n"), std::string("[answers\n"), std::string("= 3\n"),
        std::string("[answers]\nengine = \xff\n"), std::string("a\0b = c\n", 8)}) {
    write(broken);
    const LoadedSettings loaded = loadSettings(config);
    EXPECT_EQ(loaded.settings, Settings{});
    EXPECT_THAT(loaded.problems, ElementsAre(HasSubstr("settings.ini")));
    EXPECT_EQ(changeSettings(config, {{"answers.threads", "4"}}).error().code,
              ErrorCode::InputRefused);
    EXPECT_EQ(text(), broken);
  }
}

TEST_F(SettingsFileTest, NothingIsWrittenWhereOneOfTheChangesCannotBe) {
  EXPECT_EQ(
      changeSettings(config, {{"answers.length", "50"}, {"answers.threads", "x"}}).error().code,
      ErrorCode::Usage);
  EXPECT_EQ(changeSettings(config, {{"answers.nothing", "x"}}).error().code, ErrorCode::Usage);
  EXPECT_FALSE(std::filesystem::exists(settingsFile(config)));
}

TEST_F(SettingsFileTest, IsItsOwnersAlone) {
  ASSERT_TRUE(changeSettings(config, {{"answers.threads", "4"}}));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(config).permissions(), perms::owner_all);
  EXPECT_EQ(std::filesystem::status(settingsFile(config)).permissions(),
            perms::owner_read | perms::owner_write);
}

TEST_F(SettingsFileTest, TwoProgramsLoseNoneOfTheirChanges) {
  const auto keep = [&](const char* name, int count) {
    for (int i = 1; i <= count; ++i) {
      ASSERT_TRUE(changeSettings(config, {{name, std::to_string(i)}}));
    }
  };
  std::thread other(keep, "answers.seed", 40);
  keep("answers.threads", 40);
  other.join();
  EXPECT_EQ(loadSettings(config).settings.seed, 40U);
  EXPECT_EQ(loadSettings(config).settings.threads, 40);
}

}  // namespace
}  // namespace lectern
