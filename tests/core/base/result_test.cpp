// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace lectern {
namespace {

Result<std::unique_ptr<int>> half(int value) {
  if (value % 2 != 0) return Error{ErrorCode::Usage, "An odd number has no half."};
  return std::make_unique<int>(value / 2);
}

Result<int> quarter(int value) {
  const auto first = TRY(half(value));
  const auto second = TRY(half(*first));
  return *second;
}

Result<void> check(int value) {
  TRY(quarter(value));
  return {};
}

TEST(Result, HandsValuesThatOnlyMoveUp) {
  EXPECT_EQ(quarter(12).value(), 3);
}

TEST(Result, HandsTheFirstErrorUp) {
  const Result<void> result = check(6);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::Usage);
  EXPECT_EQ(result.error().message, "An odd number has no half.");
}

TEST(Result, NamesEveryCode) {
  EXPECT_EQ(toString(ErrorCode::PasswordNeeded), "password-needed");
  EXPECT_EQ(toString(ErrorCode::Cancelled), "cancelled");
}

}  // namespace
}  // namespace lectern
