// SPDX-License-Identifier: GPL-3.0-or-later
// What the program does where there is no plug-in for graphics cards, or none that it can use. The
// plug-in itself has its tests in cuda/.
#include "kernels/plugin.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace lectern::kernels {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// No plug-in lies where this program looks.
class NoPluginTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("LECTERN_BACKEND") != nullptr ||
        std::getenv("LECTERN_CUDA_PLUGIN") != nullptr) {
      GTEST_SKIP() << "LECTERN_BACKEND or LECTERN_CUDA_PLUGIN decides what is chosen";
    }
  }
};

TEST_F(NoPluginTest, NamesThePluginThatIsMissing) {
  const auto table = loadPlugin("/nowhere/liblectern-cuda.so");
  ASSERT_FALSE(table.has_value());
  EXPECT_EQ(table.error().code, ErrorCode::NotFound);
  EXPECT_THAT(table.error().message, HasSubstr("/nowhere/liblectern-cuda.so"));
}

TEST_F(NoPluginTest, RefusesAFileThatIsNoLibrary) {
  const auto table = loadPlugin(LECTERN_SOURCE_DIR "/README.md");
  ASSERT_FALSE(table.has_value());
  EXPECT_EQ(table.error().code, ErrorCode::Internal);
  EXPECT_THAT(table.error().message, HasSubstr("README.md cannot be used"));
}

TEST_F(NoPluginTest, RefusesALibraryThatIsNoPluginOfOurs) {
  Dl_info math{};
  ASSERT_NE(::dladdr(::dlsym(RTLD_DEFAULT, "lgammaf"), &math), 0);
  const auto table = loadPlugin(math.dli_fname);
  ASSERT_FALSE(table.has_value());
  EXPECT_THAT(table.error().message, HasSubstr("it is no plug-in of Lectern"));
}

TEST_F(NoPluginTest, TakesNothingElseWhereAGraphicsCardIsAskedFor) {
  for (const char* name : {"cuda", "cuda:0", "cuda:1"}) {
    const auto backend = openBackend(name, 1);
    ASSERT_FALSE(backend.has_value()) << name;
    EXPECT_EQ(backend.error().code, ErrorCode::Usage);
    EXPECT_THAT(backend.error().message,
                StartsWith("The backend \"" + std::string(name) + "\" cannot be used: "));
    EXPECT_THAT(backend.error().message, HasSubstr("is not installed"));
    EXPECT_THAT(backend.error().message, EndsWith("reference."));
  }
}

TEST_F(NoPluginTest, SaysWhyItChoseNoGraphicsCard) {
  const auto chosen = openBackend("", 1).value()->properties();
  EXPECT_TRUE(chosen.usable);
  EXPECT_THAT(chosen.name, StartsWith("cpu-"));
  EXPECT_THAT(chosen.reason, StartsWith("cuda: "));
  EXPECT_THAT(chosen.reason, HasSubstr("is not installed"));
  EXPECT_THAT(openBackend(chosen.name, 1).value()->properties().reason, IsEmpty());
  EXPECT_THAT(openBackend("reference", 1).value()->properties().reason, IsEmpty());
}

TEST_F(NoPluginTest, ListsTheGraphicsCardApartWithItsReason) {
  for (const BackendProperties& backend : availableBackends()) EXPECT_TRUE(backend.usable);
  const auto unusable = unusableBackends();
  ASSERT_EQ(unusable.size(), 1U);
  EXPECT_EQ(unusable[0].name, "cuda");
  EXPECT_FALSE(unusable[0].usable);
  EXPECT_THAT(unusable[0].reason, HasSubstr("is not installed"));
}

TEST_F(NoPluginTest, TakesTheBestOfTheProcessorByItsShortName) {
  EXPECT_EQ(openBackend("cpu", 1).value()->properties().name,
            openBackend("", 1).value()->properties().name);
}

}  // namespace
}  // namespace lectern::kernels
