// SPDX-License-Identifier: GPL-3.0-or-later
// liblectern-cuda.so as it is shipped, on machines without a driver. Where there is one, the tests
// of the operations run on it.
#include "kernels/plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace lectern::kernels {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class PluginFileTest : public testing::Test {
 protected:
  static bool hasDriver() { return std::filesystem::exists("/dev/nvidiactl"); }
  void SetUp() override {
    ASSERT_EQ(::setenv("LECTERN_CUDA_PLUGIN", LECTERN_CUDA_PLUGIN_FILE, 1), 0);
    ASSERT_EQ(::unsetenv("LECTERN_BACKEND"), 0);
  }
};

TEST_F(PluginFileTest, IsSmallerThanTwentyMegabytes) {
  EXPECT_LT(std::filesystem::file_size(LECTERN_CUDA_PLUGIN_FILE), 20'000'000U);
}

TEST_F(PluginFileTest, SpeaksTheTableOfThisProgramAndNoOther) {
  const plugin::Table* table = loadPlugin(LECTERN_CUDA_PLUGIN_FILE).value();
  EXPECT_EQ(table->version, plugin::kVersion);
  EXPECT_EQ(table->layout, plugin::layoutSum());
}

TEST_F(PluginFileTest, SaysWithinFiftyMillisecondsThatThereIsNoDriver) {
  if (hasDriver()) GTEST_SKIP() << "there is a driver";
  const auto begin = std::chrono::steady_clock::now();
  const auto& devices = cudaDevices();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].name, "cuda");
  EXPECT_FALSE(devices[0].usable);
  EXPECT_EQ(devices[0].reason, "No NVIDIA driver is installed.");
  RecordProperty("milliseconds", std::to_string(took.count()));
#ifndef LECTERN_SANITIZED
  EXPECT_LT(took.count(), 50);
#endif
}

TEST_F(PluginFileTest, OpensNothingElseWhereItIsAskedFor) {
  if (hasDriver()) GTEST_SKIP() << "there is a driver";
  const auto backend = openBackend("cuda:0", 1);
  ASSERT_FALSE(backend.has_value());
  EXPECT_EQ(backend.error().code, ErrorCode::Usage);
  EXPECT_THAT(
      backend.error().message,
      StartsWith("The backend \"cuda:0\" cannot be used: No NVIDIA driver is installed. This "
                 "machine has: cpu-"));
}

TEST_F(PluginFileTest, LeavesTheProcessorsBackendsAsTheyAreWithoutIt) {
  if (hasDriver()) GTEST_SKIP() << "there is a driver";
  const auto properties = openBackend("", 1).value()->properties();
  EXPECT_THAT(properties.name, StartsWith("cpu-"));
  EXPECT_EQ(properties.reason, "cuda: No NVIDIA driver is installed.");
}

TEST_F(PluginFileTest, OpensNoCardThatIsNotThere) {
  if (hasDriver()) GTEST_SKIP() << "there is a driver";
  const auto backend = openPluginDevice(*loadPlugin(LECTERN_CUDA_PLUGIN_FILE).value(), 0, "cuda:0");
  ASSERT_FALSE(backend.has_value());
  EXPECT_THAT(backend.error().message, HasSubstr("No NVIDIA driver"));
}

}  // namespace
}  // namespace lectern::kernels
