// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/document/citation.h"

#include <gtest/gtest.h>

namespace lectern {
namespace {

TEST(Citation, ReadsBackRectangles) {
  const std::vector<Rect> rects = {{0, 1, 65535, 2}, {3, 4, 5, 6}};
  const std::string bytes = encodeRects(rects);
  EXPECT_EQ(decodeRects(bytes).value(), rects);
  EXPECT_FALSE(decodeRects(bytes.substr(0, bytes.size() - 1)).has_value());
  EXPECT_FALSE(decodeRects(bytes + "x").has_value());
}

TEST(Citation, NamesEveryGradeMethodAndStatusBothWays) {
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(gradeFromString(toString(static_cast<Grade>(i))), static_cast<Grade>(i));
  }
  for (int i = 0; i < 5; ++i) {
    const auto method = static_cast<CitationMethod>(i);
    EXPECT_EQ(citationMethodFromString(toString(method)), method);
  }
  for (int i = 0; i < 4; ++i) {
    const auto status = static_cast<CitationStatus>(i);
    EXPECT_EQ(citationStatusFromString(toString(status)), status);
  }
  EXPECT_FALSE(gradeFromString("perfect").has_value());
}

}  // namespace
}  // namespace lectern
