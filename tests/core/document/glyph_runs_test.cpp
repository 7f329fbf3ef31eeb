// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/document/glyph_runs.h"

#include <gtest/gtest.h>

namespace lectern {
namespace {

// A word whose code points are each 10 wide and 20 high, its top left corner at (left, top).
GlyphRun word(int64_t begin,
              int letters,
              int bytesEach,
              int left,
              int top,
              uint8_t flags = 0,
              bool rightToLeft = false) {
  GlyphRun run;
  run.span = {begin, begin + letters * bytesEach};
  run.flags = flags;
  run.box = {static_cast<uint16_t>(left), static_cast<uint16_t>(top),
             static_cast<uint16_t>(left + 10 * letters), static_cast<uint16_t>(top + 20)};
  for (int i = 0; i <= letters; ++i) {
    run.edges.push_back(static_cast<uint16_t>(left + 10 * (rightToLeft ? letters - i : i)));
  }
  return run;
}

TEST(GlyphRuns, GivesOneRectangleALine) {
  const std::string text = "one two three four";
  const std::vector<GlyphRun> runs = {
      word(0, 3, 1, 0, 0, GlyphRun::StartsLine), word(4, 3, 1, 40, 0),
      word(8, 5, 1, 0, 30, GlyphRun::StartsLine), word(14, 4, 1, 90, 30)};
  const std::vector<Rect> whole = {{0, 0, 70, 20}, {0, 30, 130, 50}};
  EXPECT_EQ(rectsOf(runs, text, {0, 18}), whole);
  const std::vector<Rect> cutBothEnds = {{20, 0, 70, 20}, {0, 30, 20, 50}};
  EXPECT_EQ(rectsOf(runs, text, {2, 10}), cutBothEnds);
}

TEST(GlyphRuns, CutsByCodePointsNotBytes) {
  const std::string text = "été";
  const std::vector<GlyphRun> runs = {[] {
    GlyphRun run = word(0, 3, 1, 0, 0, GlyphRun::StartsLine);
    run.span = {0, 5};
    return run;
  }()};
  EXPECT_EQ(rectsOf(runs, text, {0, 2}), (std::vector<Rect>{{0, 0, 10, 20}}));
  EXPECT_EQ(rectsOf(runs, text, {2, 3}), (std::vector<Rect>{{10, 0, 20, 20}}));
}

TEST(GlyphRuns, CutsRightToLeftWordsFromTheRight) {
  const std::string text = "שלום";
  const std::vector<GlyphRun> runs = {word(0, 4, 2, 100, 0, GlyphRun::StartsLine, true)};
  EXPECT_EQ(rectsOf(runs, text, {0, 2}), (std::vector<Rect>{{130, 0, 140, 20}}));
}

// In a line of mixed directions a range that is one piece in reading order can be two on paper,
// with other words between: they must not be marked.
TEST(GlyphRuns, DoesNotCoverWordsBetweenThatWereNotAskedFor) {
  const std::string text = "aa bb cc";
  const std::vector<GlyphRun> runs = {word(0, 2, 1, 100, 0, GlyphRun::StartsLine),
                                      word(3, 2, 1, 0, 0), word(6, 2, 1, 50, 0)};
  EXPECT_EQ(rectsOf(runs, text, {0, 5}), (std::vector<Rect>{{0, 0, 20, 20}, {100, 0, 120, 20}}));
  EXPECT_EQ(rectsOf(runs, text, {0, 8}), (std::vector<Rect>{{0, 0, 120, 20}}));
}

TEST(GlyphRuns, KeepsTheLinesOfTwoColumnsApart) {
  const std::string text = "ab cd";
  const std::vector<GlyphRun> runs = {word(0, 2, 1, 0, 0, GlyphRun::StartsLine),
                                      word(3, 2, 1, 500, 0, GlyphRun::StartsLine)};
  EXPECT_EQ(rectsOf(runs, text, {0, 5}).size(), 2U);
}

TEST(GlyphRuns, CutsVerticalTextAlongTheHeight) {
  GlyphRun run;
  run.span = {0, 2};
  run.flags = GlyphRun::Vertical | GlyphRun::StartsLine;
  run.box = {10, 100, 30, 120};
  run.edges = {120, 110, 100};
  EXPECT_EQ(rectsOf({run}, "ab", {0, 1}), (std::vector<Rect>{{10, 110, 30, 120}}));
}

TEST(GlyphRuns, GivesNothingWhereThereIsNoGlyph) {
  const std::vector<GlyphRun> runs = {word(0, 1, 1, 0, 0, GlyphRun::StartsLine),
                                      word(2, 1, 1, 20, 0)};
  EXPECT_TRUE(rectsOf(runs, "a b", {1, 2}).empty());
  EXPECT_TRUE(rectsOf(runs, "a b", {1, 1}).empty());
  EXPECT_TRUE(rectsOf({}, "a b", {0, 3}).empty());
}

TEST(GlyphRuns, ReadsBackWhatItWrote) {
  const std::vector<GlyphRun> runs = {word(0, 4, 2, 100, 0, GlyphRun::StartsLine, true),
                                      word(9, 1, 1, 65525, 7, GlyphRun::Invisible)};
  const std::string bytes = encodeRuns(runs);
  EXPECT_EQ(decodeRuns(bytes, 10).value(), runs);
  EXPECT_FALSE(decodeRuns(bytes, 9).has_value());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decodeRuns(std::string_view(bytes).substr(0, size), 10).has_value()) << size;
  }
}

}  // namespace
}  // namespace lectern
