// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/text/plain_text.h"

#include "core/base/utf8.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace lectern::helper {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "P words", "H words", "L words", "C lines": each block with the letter of its kind.
std::vector<std::string> blocksOf(std::string_view text) {
  const FlowDocument document = parsePlainText(text);
  std::vector<std::string> blocks;
  for (const FlowBlock& block : document.blocks()) {
    const char kind = block.kind == BlockKind::Paragraph  ? 'P'
                      : block.kind == BlockKind::Heading  ? 'H'
                      : block.kind == BlockKind::ListItem ? 'L'
                                                          : 'C';
    blocks.push_back(std::string(1, kind) + " " + std::string(document.textOf(block.span)));
  }
  return blocks;
}

TEST(PlainText, JoinsWrappedLinesOfAParagraph) {
  EXPECT_THAT(blocksOf("First line\nsecond line.\n\n\nAnother\nparagraph.\n"),
              ElementsAre("P First line second line.", "P Another paragraph."));
}

TEST(PlainText, KeepsAHyphenAtALinesEndAndJoinsThere) {
  EXPECT_THAT(blocksOf("a well-\nknown fact -\nand more."),
              ElementsAre("P a well-known fact - and more."));
}

TEST(PlainText, TakesEachLongLineForAParagraph) {
  const std::string lengthy = std::string(130, 'x') + ".";
  EXPECT_THAT(blocksOf(lengthy + "\n" + lengthy + "\nshort one.\n"),
              ElementsAre("P " + lengthy, "P " + lengthy, "P short one."));
}

TEST(PlainText, GoesOnWhereALongLineBreaksOffWithinASentence) {
  const std::string wide = "It rains. " + std::string(110, 'x');
  EXPECT_THAT(blocksOf(wide + " and\nthen stops.\n" + wide + " (at last).\nSun.\n"),
              ElementsAre("P " + wide + " and then stops.", "P " + wide + " (at last).", "P Sun."));
  const std::string entry = "12:00 error " + std::string(120, 'x');
  EXPECT_THAT(blocksOf(entry + "\n" + entry), ElementsAre("P " + entry, "P " + entry));
}

TEST(PlainText, TakesAShortLineInFrontOfAParagraphForAHeading) {
  EXPECT_THAT(blocksOf("Article 1\n\nAll human beings are born free.\n\nThe end\n"),
              ElementsAre("H Article 1", "P All human beings are born free.", "P The end"));
}

TEST(PlainText, FindsListItems) {
  EXPECT_THAT(
      blocksOf("We need:\n- bread\n  and butter\n- salt\n\n1. first\n2) second\n(a) third\n"),
      ElementsAre("P We need:", "L - bread and butter", "L - salt", "L 1. first", "L 2) second",
                  "L (a) third"));
}

TEST(PlainText, TakesNoYearOrInitialForAListItem) {
  EXPECT_THAT(blocksOf("It was born in\n1998. Then A. Smith\nA. came."),
              ElementsAre("P It was born in 1998. Then A. Smith A. came."));
}

TEST(PlainText, KeepsLinesOfCodeAndColumns) {
  EXPECT_THAT(blocksOf("Run this:\n\n    make all\n      make test\n\nthen\n\n"
                       "name     size\nalpha    1\nbeta     22\n"),
              ElementsAre("P Run this:", "C make all\n  make test", "P then",
                          "C name     size\nalpha    1\nbeta     22"));
}

TEST(PlainText, TakesControlsOutOfTheText) {
  EXPECT_THAT(blocksOf("a\x1B[1mb\u202Ec\x7F."), ElementsAre("P a[1mbc."));
}

TEST(PlainText, HasNoBlocksWithoutText) {
  EXPECT_THAT(blocksOf(""), IsEmpty());
  EXPECT_THAT(blocksOf(" \n\t\n\n  \u200E\n"), IsEmpty());
}

// Whatever the text, nothing of it is lost but white space, controls and the like.
RC_GTEST_PROP(PlainText, LosesNoLetter, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab1. -\n\t()")));
  const FlowDocument document = parsePlainText(text);
  const auto letters = [](std::string_view from) {
    std::string kept;
    for (const char c : from) {
      if (c != ' ' && c != '\n' && c != '\t') kept.push_back(c);
    }
    return kept;
  };
  std::string joined;
  for (const FlowBlock& block : document.blocks()) joined += document.textOf(block.span);
  RC_ASSERT(letters(joined) == letters(text));
}

}  // namespace
}  // namespace lectern::helper
