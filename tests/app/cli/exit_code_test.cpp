// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/exit_code.h"

#include <gtest/gtest.h>

namespace lectern::cli {
namespace {

TEST(ExitCode, ScriptsCanRelyOnTheNumbers) {
  const auto number = [](ErrorCode code) { return static_cast<int>(exitCodeOf(code)); };
  EXPECT_EQ(number(ErrorCode::Internal), 1);
  EXPECT_EQ(number(ErrorCode::Usage), 2);
  EXPECT_EQ(number(ErrorCode::NotFound), 3);
  EXPECT_EQ(number(ErrorCode::InputRefused), 4);
  EXPECT_EQ(number(ErrorCode::PasswordNeeded), 4);
  EXPECT_EQ(number(ErrorCode::ModelUnusable), 5);
  EXPECT_EQ(number(ErrorCode::DoesNotFit), 6);
  EXPECT_EQ(number(ErrorCode::OutOfMemory), 6);
  EXPECT_EQ(number(ErrorCode::Storage), 7);
  EXPECT_EQ(number(ErrorCode::Locked), 7);
  EXPECT_EQ(number(ErrorCode::Cancelled), 130);
}

}  // namespace
}  // namespace lectern::cli
