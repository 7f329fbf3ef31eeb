// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include <gtest/gtest.h>

#include <string>

namespace lectern {
namespace {

TEST(Json, TakesWhatIsSound) {
  EXPECT_EQ(parseJson(R"({"a": [1, 2.5, null, "ש"]})", "The file").value()["a"][1], 2.5);
}

TEST(Json, RefusesAKeyThatStandsTwice) {
  const auto result = parseJson(R"({"a": 1, "b": {"a": 2}, "a": 3})", "config.json");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message,
            "config.json cannot be used: the key \"a\" stands twice in one object.");
}

TEST(Json, RefusesDeepNestingInsteadOfOverflowingTheStack) {
  const std::string deep(100'000, '[');
  EXPECT_NE(parseJson(deep, "It").error().message.find("nested deeper than 64"), std::string::npos);
}

TEST(Json, SaysWhereItStops) {
  EXPECT_EQ(parseJson("{\"a\": ", "It").error().code, ErrorCode::InputRefused);
  EXPECT_NE(parseJson("{\"a\": x}", "It").error().message.find("not JSON at byte 7"),
            std::string::npos);
  EXPECT_FALSE(parseJson("\"\xff\"", "It").has_value());
  EXPECT_FALSE(parseJson("", "It").has_value());
  EXPECT_FALSE(parseJson("1 2", "It").has_value());
}

}  // namespace
}  // namespace lectern
