// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/self_test.h"

#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"
#include "tests/support/wrapped_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

namespace lectern::bench {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class SelfTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(tiny_model::write(folder.path(), tiny_model::miniConfig()));
    device = std::make_shared<test::WrappedBackend>(kernels::openBackend("cpu", 2).value());
  }
  SelfTestReport run() { return runSelfTest(device, folder.path(), {}, {}).value(); }

  test::TemporaryFolder folder;
  std::shared_ptr<test::WrappedBackend> device;
};

TEST_F(SelfTest, PassesOnTheProcessor) {
  const SelfTestReport report = run();
  EXPECT_THAT(report.device.name, StartsWith("cpu-"));
  EXPECT_GT(report.checks.size(), 70U);
  for (const SelfTestCheck& check : report.checks) {
    EXPECT_TRUE(check.isPassed()) << check.name << ": " << check.error << " " << check.problem;
  }
  EXPECT_EQ(device->heldBytes(), 0);
}

// Writes a wrong number into what each AddNorm wrote.
TEST_F(SelfTest, FindsAnOperationThatComputesSomethingElse) {
  device->afterOperation = [](const kernels::Operation& operation, kernels::Stream& stream) {
    const auto* norm = std::get_if<kernels::AddNorm>(&operation);
    if (norm == nullptr) return;
    static const float kWrong = 1000;
    stream.copyIn(norm->out.data, &kWrong, sizeof kWrong);
  };
  const SelfTestReport report = run();
  EXPECT_GE(report.failures(), 3);  // two sizes, and the model
  for (const SelfTestCheck& check : report.checks) {
    EXPECT_EQ(check.isPassed(), !check.name.starts_with("AddNorm") &&
                                    !check.name.starts_with("A model") &&
                                    !check.name.starts_with("It goes on"))
        << check.name;
  }
}

TEST_F(SelfTest, TellsWhatADeviceReports) {
  device->beforeWait = []() -> Result<void> {
    return Error{ErrorCode::Internal, "the card fell off"};
  };
  const SelfTestReport report = run();
  EXPECT_EQ(report.failures(), static_cast<int64_t>(report.checks.size()));
  for (const SelfTestCheck& check : report.checks) EXPECT_EQ(check.problem, "the card fell off");
}

TEST_F(SelfTest, GoesOnWhereMemoryIsRefused) {
  device->beforeAllocate = [](int64_t bytes, std::string_view) -> Result<void> {
    if (bytes < 300'000) return {};
    return Error{ErrorCode::OutOfMemory, "no memory"};
  };
  const SelfTestReport report = run();
  EXPECT_GT(report.failures(), 0);
  EXPECT_LT(report.failures(), static_cast<int64_t>(report.checks.size()));
}

TEST_F(SelfTest, StopsWhenItIsTold) {
  std::stop_source stop;
  const auto report = runSelfTest(
      device, folder.path(),
      [&](std::string_view, int64_t done, int64_t) {
        if (done == 2) stop.request_stop();
      },
      stop.get_token());
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace lectern::bench
