// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/markdown/markdown.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lectern::helper {
namespace {

using testing::ElementsAre;

// "H2 words", "P words", "L words", "R a\tb", "C lines", with a ">" for each step of indentation.
std::vector<std::string> blocksOf(std::string_view markdown) {
  const MarkdownDocument document = parseMarkdown(markdown);
  std::vector<std::string> blocks;
  for (const FlowBlock& block : document.flow.blocks()) {
    std::string text(block.indent, '>');
    if (block.kind == BlockKind::Heading) text += fmt::format("H{}", block.level);
    if (block.kind == BlockKind::Paragraph) text += "P";
    if (block.kind == BlockKind::ListItem) text += "L";
    if (block.kind == BlockKind::TableRow) text += "R";
    if (block.kind == BlockKind::Code) text += "C";
    blocks.push_back(text + " " + std::string(document.flow.textOf(block.span)));
  }
  return blocks;
}

TEST(Markdown, KeepsTheWordsAndDropsTheMarks) {
  EXPECT_THAT(
      blocksOf("# A *title*\n\nSome **bold** and `code`\nand ~~gone~~ [link](http://x.y) "
               "![a picture](p.png) &amp; more<br>text.\n"),
      ElementsAre("H1 A title", "P Some bold and code and gone link a picture & more text."));
}

TEST(Markdown, KeepsTheMarkersOfLists) {
  EXPECT_THAT(
      blocksOf(
          "- one\n- two\n  1. deep\n  2. deeper\n\n5) five\n6) six\n\n- [x] done\n- [ ] open\n"),
      ElementsAre("L • one", "L • two", ">L 1. deep", ">L 2. deeper", "L 5) five", "L 6) six",
                  "L ☑ done", "L ☐ open"));
}

TEST(Markdown, GivesTheSecondParagraphOfAnItemNoMarker) {
  EXPECT_THAT(blocksOf("- one\n\n  more\n\n- two\n"), ElementsAre("L • one", "P more", "L • two"));
}

TEST(Markdown, GivesARowPerLineOfATable) {
  EXPECT_THAT(blocksOf("| a | b |\n|---|---|\n| 1 | *2* |\n|   | x |\n"),
              ElementsAre("R a\tb", "R 1\t2", "R \tx"));
}

TEST(Markdown, KeepsLinesAndIndentationOfCode) {
  EXPECT_THAT(blocksOf("```c\nint main() {\n  return 0;\n}\n```\n"),
              ElementsAre("C int main() {\n  return 0;\n}"));
}

TEST(Markdown, ShowsTheSourceOfHtmlButNoComments) {
  EXPECT_THAT(blocksOf("<div>word</div>\n\n<!-- hidden -->\n\ntext\n"),
              ElementsAre("C <div>word</div>", "P text"));
}

TEST(Markdown, IndentsQuotations) {
  EXPECT_THAT(blocksOf("> quoted\n> words\n\n> > twice\n"),
              ElementsAre(">P quoted words", ">>P twice"));
}

TEST(Markdown, NumbersFootnotes) {
  EXPECT_THAT(blocksOf("Text.[^a]\n\n[^a]: A note.\n"), ElementsAre("P Text.[1]", "L [1] A note."));
}

TEST(Markdown, TakesTheTitleFromFrontMatterOrTheFirstHeading) {
  EXPECT_EQ(parseMarkdown("---\ntitle: \"The Book\"\nauthor: x\n---\n\n# One\n").title, "The Book");
  EXPECT_EQ(parseMarkdown("text\n\n## One\n\n# Two\n").title, "One");
  EXPECT_EQ(parseMarkdown("text\n").title, "");
  EXPECT_THAT(blocksOf("---\n\nA rule is no front matter\n\n---\n"),
              ElementsAre("P A rule is no front matter"));
}

TEST(Markdown, SurvivesQuotesNestedAsDeepAsTheFileIsLong) {
  const MarkdownDocument document = parseMarkdown(std::string(20'000, '>') + " deep\n");
  ASSERT_EQ(document.flow.blocks().size(), 1U);
}

}  // namespace
}  // namespace lectern::helper
