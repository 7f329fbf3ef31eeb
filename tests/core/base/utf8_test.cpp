// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace lectern {
namespace {

TEST(Utf8, WritesAndReadsEveryCodePoint) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    utf8::append(text, c);
    const utf8::Decoded decoded = utf8::decode(text, 0);
    ASSERT_TRUE(decoded.valid) << static_cast<uint32_t>(c);
    ASSERT_EQ(decoded.codePoint, c);
    ASSERT_EQ(decoded.length, static_cast<int>(text.size()));
  }
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndCutSequences) {
  EXPECT_FALSE(utf8::isValid("\xC0\xAF"));
  EXPECT_FALSE(utf8::isValid("\xE0\x80\x80"));
  EXPECT_FALSE(utf8::isValid("\xED\xA0\x80"));
  EXPECT_FALSE(utf8::isValid("\xF4\x90\x80\x80"));
  EXPECT_FALSE(utf8::isValid("\xE2\x82"));
  EXPECT_FALSE(utf8::isValid("\x80"));
  EXPECT_TRUE(utf8::isValid("عربي"));
}

// The example of Unicode 15, table 3-8.
TEST(Utf8, ReplacesEachMaximalSubpartOnce) {
  EXPECT_EQ(utf8::repaired("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
            "b\xEF\xBF\xBD"
            "c\xEF\xBF\xBD\xEF\xBF\xBD"
            "d");
}

TEST(Utf8, KnowsBoundariesAndLength) {
  const std::string text = "aé€";
  EXPECT_EQ(utf8::length(text), 3);
  EXPECT_TRUE(utf8::isBoundary(text, 1));
  EXPECT_FALSE(utf8::isBoundary(text, 2));
  EXPECT_TRUE(utf8::isBoundary(text, 6));
  EXPECT_FALSE(utf8::isBoundary(text, 7));
}

TEST(Utf8, CutsBehindAWholeCodePoint) {
  const std::string text = "aé€";
  EXPECT_EQ(utf8::beginning(text, 0), "");
  EXPECT_EQ(utf8::beginning(text, 2), "a");
  EXPECT_EQ(utf8::beginning(text, 3), "aé");
  EXPECT_EQ(utf8::beginning(text, 5), "aé");
  EXPECT_EQ(utf8::beginning(text, 6), text);
  EXPECT_EQ(utf8::beginning(text, 100), text);
}

}  // namespace
}  // namespace lectern
