// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal_text.h"

#include <gtest/gtest.h>

namespace lectern::cli {
namespace {

TEST(TerminalText, EscapeSequencesOfADocumentDoNotReachTheTerminal) {
  EXPECT_EQ(oneLine("\x1b[2Jcleared\x07"), "\uFFFD[2Jcleared\uFFFD");
  EXPECT_EQ(oneLine("one\u009b31mred"), "one\uFFFD31mred") << "the C1 form of the same";
  EXPECT_EQ(harmless("a\rb"), "a\uFFFDb") << "a carriage return would write over the line";
}

TEST(TerminalText, BidiControlsCannotTurnAFileNameAround) {
  EXPECT_EQ(oneLine("invoice\u202Efdp.exe"), "invoicefdp.exe");
}

TEST(TerminalText, IllFormedBytesBecomeReplacementCharacters) {
  EXPECT_EQ(oneLine("a\xff"), "a\uFFFD");
}

TEST(TerminalText, LinesAndTabsStayInTextsAndBecomeSpacesInLines) {
  EXPECT_EQ(harmless("a\tb\n\nc"), "a\tb\n\nc");
  EXPECT_EQ(oneLine(" a\tb\n\n c\n"), "a b c");
}

TEST(TerminalText, ColumnsCountCellsAndNotBytes) {
  EXPECT_EQ(columnsOf("abc"), 3);
  EXPECT_EQ(columnsOf("פסקה"), 4);
  EXPECT_EQ(columnsOf("שָׁלוֹם"), 4) << "points take no cell";
  EXPECT_EQ(columnsOf("漢字"), 4) << "ideographs take two";
}

TEST(TerminalText, WrapsBetweenWordsWithinTheColumns) {
  EXPECT_EQ(wrapped("one two three four", 9, 0), "one two\nthree\nfour\n");
  EXPECT_EQ(wrapped("one two three", 11, 4), "    one two\n    three\n");
}

TEST(TerminalText, AWordThatIsTooWideStandsAlone) {
  EXPECT_EQ(wrapped("a incomprehensibilities b", 10, 0), "a\nincomprehensibilities\nb\n");
}

TEST(TerminalText, WithoutATerminalALineStaysOne) {
  EXPECT_EQ(wrapped("one two three four", 0, 2), "  one two three four\n");
}

TEST(TerminalText, ClipsByCellsWithAnEllipsis) {
  EXPECT_EQ(clipped("abcdef", 6), "abcdef");
  EXPECT_EQ(clipped("abcdefg", 6), "abcde…");
  EXPECT_EQ(clipped("漢字漢字", 5), "漢字…");
  EXPECT_EQ(clipped("abc", 1), "…");
}

TEST(TerminalText, CountsHaveTheirPlural) {
  EXPECT_EQ(counted(1, "page"), "1 page");
  EXPECT_EQ(counted(0, "page"), "0 pages");
}

TEST(TerminalText, StyleIsNothingWhereNoneIsWanted) {
  EXPECT_EQ(Style(false).bold("x"), "x");
  EXPECT_EQ(Style(true).bold("x"), "\x1b[1mx\x1b[0m");
}

}  // namespace
}  // namespace lectern::cli
