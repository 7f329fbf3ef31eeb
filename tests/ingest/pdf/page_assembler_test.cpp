// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/page_assembler.h"

#include "tests/ingest/pdf/word_layout.h"

#include <gtest/gtest.h>

#include <chrono>

namespace lectern::helper::pdf {
namespace {

using test::PageSketch;

TEST(PageAssembler, JoinsWordsThatWereHyphenated) {
  PageSketch page;
  page.line(U"The infor-", 72, 100);
  page.line(U"mation office.", 72, 112);
  const PageText text = page.assemble();
  EXPECT_EQ(text.text, "The information office.\n\n");
  // The hyphen belongs to no run: the first half's run ends at the glyph before it.
  ASSERT_EQ(text.runs.size(), 4U);
  EXPECT_EQ(text.runs[1].span, (TextSpan{4, 9}));
  EXPECT_EQ(text.runs[1].edges.size(), 6U);
  EXPECT_EQ(text.runs[1].box.right, text.runs[1].edges.back());
  EXPECT_EQ(text.runs[2].span, (TextSpan{9, 15}));
  EXPECT_NE(text.runs[2].flags & GlyphRun::StartsLine, 0);
}

struct HyphenCase {
  const char32_t* first;
  const char32_t* second;
  const char* joined;
};

TEST(PageAssembler, KeepsHyphensThatBelongToTheWord) {
  for (const HyphenCase& c : std::vector<HyphenCase>{
           {U"the Debian-", U"Installer runs", "the Debian-Installer runs"},
           {U"from 1990-", U"2010 on", "from 1990-2010 on"},
           {U"the x86-", U"based board", "the x86-based board"},
           {U"a state-of-", U"the-art lamp", "a state-of-the-art lamp"},
           {U"well-known is well-", U"known here", "well-known is well-known here"},
           {U"at https://a.org/b-", U"c there", "at https://a.org/b-c there"},
           {U"die Ein-", U"und Ausgabe", "die Ein- und Ausgabe"},
           {U"a natural language, natural-", U"language task",
            "a natural language, natural-language task"},
           {U"System und Handbuch, System-", U"handbuch auch",
            "System und Handbuch, Systemhandbuch auch"},
           {U"with a dash -", U"and more", "with a dash - and more"}}) {
    PageSketch page;
    page.line(c.first, 72, 100);
    page.line(c.second, 72, 112);
    EXPECT_EQ(page.assemble().text, std::string(c.joined) + "\n\n");
  }
}

TEST(PageAssembler, DropsSoftHyphensAndKeepsDrawnOnes) {
  PageSketch page;
  page.line(U"The infor\u00AD", 72, 100);
  page.line(U"mation of\u00ADfice.", 72, 112);
  EXPECT_EQ(page.assemble().text, "The information of-fice.\n\n");
}

TEST(PageAssembler, KeepsLigaturesAndDropsBidiControls) {
  PageSketch page;
  page.line(U"\u202Athe o\uFB03ce\u202C", 72, 100);
  EXPECT_EQ(page.assemble().text, "the o\uFB03ce\n\n");
}

TEST(PageAssembler, PutsRightToLeftWordsIntoLogicalOrder) {
  PageSketch page;
  page.line(U"7 \u05DE\u05D5\u05DC\u05E9", 300, 100);  // shin lamed vav mem, as seen, then a seven
  const PageText text = page.assemble();
  EXPECT_EQ(text.text, "\u05E9\u05DC\u05D5\u05DE 7\n\n");
  ASSERT_EQ(text.runs.size(), 2U);
  EXPECT_GT(text.runs[0].edges.front(), text.runs[0].edges.back());
  EXPECT_LT(text.runs[1].edges.front(), text.runs[1].edges.back());
  EXPECT_GT(text.runs[0].box.left, text.runs[1].box.right);
}

TEST(PageAssembler, ReadsAHebrewLineOfAnEnglishPageToTheLeft) {
  PageSketch page;
  page.line(U"The first line of this page is in English.", 72, 100);
  page.line(U".\u05DE\u05D5\u05DC\u05E9", 72, 150);
  EXPECT_TRUE(page.assemble().text.ends_with("\n\n\u05E9\u05DC\u05D5\u05DE.\n\n"));
}

TEST(PageAssembler, MirrorsBracketsOnlyWhereTheyStandByTheirShape) {
  PageSketch shapes;
  shapes.line(U"(\u05D1\u05D0) \u05D3\u05D2", 300, 100);
  EXPECT_EQ(shapes.assemble().text, "\u05D2\u05D3 (\u05D0\u05D1)\n\n");
  PageSketch meanings;
  meanings.line(U")\u05D1\u05D0( \u05D3\u05D2", 300, 100);
  EXPECT_EQ(meanings.assemble().text, "\u05D2\u05D3 (\u05D0\u05D1)\n\n");
}

TEST(PageAssembler, TurnsArabicPresentationFormsIntoLetters) {
  PageSketch page;
  page.line(U"\uFEEF\uFEFC\uFE91", 300, 100);  // beh initial, lam-alef final, alef maksura, as seen
  const PageText text = page.assemble();
  EXPECT_EQ(text.text, "\u0628\u0644\u0627\u0649\n\n");
  ASSERT_EQ(text.runs.size(), 1U);
  ASSERT_EQ(text.runs[0].edges.size(), 5U);  // four letters, three glyphs
  EXPECT_NEAR(text.runs[0].edges[1] - text.runs[0].edges[2],
              text.runs[0].edges[2] - text.runs[0].edges[3], 1);
}

// As Poppler hands over a glyph that means lam and alef: logical order, boxes of one width.
TEST(PageAssembler, PutsTheHalvesOfALamAlefRight) {
  PageSketch page;
  PlacedWord& word = page.line(U"\u0645\u0644\u0627\u0633", 300, 100).front();
  word.boxes[0].left -= 2;
  word.boxes[3].right += 3;
  EXPECT_EQ(page.assemble().text, "\u0633\u0644\u0627\u0645\n\n");
}

TEST(PageAssembler, PutsMarksBehindTheirBase) {
  PageSketch page;  // drawn as HarfBuzz draws: each mark before its base, at its left edge
  PlacedWord& word = page.line(U"\u05DD\u05D5\u05C1\u05E9", 300, 100).front();
  word.boxes[3].left -= 6;
  word.boxes[2].right = word.boxes[2].left = word.boxes[3].left;
  const PageText text = page.assemble();
  EXPECT_EQ(text.text, "\u05E9\u05C1\u05D5\u05DD\n\n");
  ASSERT_EQ(text.runs.size(), 1U);
  EXPECT_EQ(text.runs[0].edges[1], text.runs[0].edges[2]);  // the mark has no width
}

TEST(PageAssembler, KnowsHeaderAndFooterOfAnOtherwiseEmptyPage) {
  PageSketch page;
  page.line(U"The rules of the harbour", 72, 40);
  page.line(U"12", 300, 760);
  const PageText text = page.assemble();
  ASSERT_EQ(text.blocks.size(), 2U);
  EXPECT_EQ(text.blocks[0].kind, BlockKind::Margin);
  EXPECT_EQ(text.blocks[1].kind, BlockKind::Margin);
}

// A bold term below a paragraph's last line is not a bold line of that paragraph.
TEST(PageAssembler, KeepsABoldTermApartFromTheParagraphAbove) {
  PageSketch page;
  page.line(U"The tools of the harbour know these words, of which the first is the", 72, 200);
  page.line(U"oldest of all.", 72, 212);
  for (PlacedWord& word : page.line(U"required", 72, 224)) word.font = "Serif-Bold";
  page.line(U"Without these the gate stays closed all the day, and all of the night", 72, 236);
  page.line(U"as well.", 72, 248);
  EXPECT_NE(page.assemble().text.find("of all.\n\nrequired\n\nWithout"), std::string::npos)
      << page.assemble().text;
}

TEST(PageAssembler, KeepsCodeInItsLines) {
  PageSketch page;
  page.font = "Mono";
  page.line(U"if ready:", 72, 100);
  page.line(U"ring()", 96, 112);
  const PageText text = page.assemble();
  EXPECT_EQ(text.text, "if ready:\n    ring()\n\n");
  ASSERT_EQ(text.blocks.size(), 1U);
  EXPECT_EQ(text.blocks[0].kind, BlockKind::Code);
}

// Its name does not tell that t1xtt is a typewriter's font; its advances do.
TEST(PageAssembler, FindsMonospacedFontsByTheirAdvances) {
  PageSketch page;
  page.font = "Mono";
  for (const char32_t* line :
       {U"deb http://deb.example.org/", U"deb-src http://deb.example.org/"}) {
    for (PlacedWord& word : page.line(line, 72, line[3] == U' ' ? 100 : 112)) word.font = "t1xtt";
  }
  EXPECT_EQ(page.assemble().blocks.front().kind, BlockKind::Code);
}

TEST(PageAssembler, PartsNumbersThatStandCloseInATable) {
  PageSketch page;
  for (const int row : {0, 1, 2}) {
    page.line(U"Rider", 72, 100 + 12 * row);
    page.line(U"40.2", 150, 100 + 12 * row);
    page.line(U"84.8", 150 + 4 * 6 + 7, 100 + 12 * row);
  }
  EXPECT_TRUE(page.assemble().text.starts_with("Rider\t40.2\t84.8\n\n"));
}

TEST(PageAssembler, GoesOnWithACellInTheNextLine) {
  PageSketch page;
  page.line(U"history", 72, 100);
  page.line(U"write the list to its", 150, 100);
  page.line(U"file", 150, 112);
  page.line(U"exit", 72, 124);
  page.line(U"end", 150, 124);
  EXPECT_EQ(page.assemble().text, "history\twrite the list to its file\n\nexit\tend\n\n");
}

TEST(PageAssembler, FindsCaptionsInNineLanguages) {
  for (const char32_t* caption :
       {U"Figure 3: A lamp", U"Tabla 2. Precios", U"Tableau 1 : Tarifs", U"Quadro 4 - Luzes",
        U"Tabella 2.1: Prezzi", U"Afbeelding 7: Haven", U"Abb. 5: Hafen"}) {
    PageSketch page;
    page.line(caption, 72, 300);
    ASSERT_EQ(page.assemble().blocks.size(), 1U);
    EXPECT_EQ(page.assemble().blocks[0].kind, BlockKind::Caption);
  }
  PageSketch page;
  page.line(U"Figure 3 shows a lamp", 72, 300);
  EXPECT_EQ(page.assemble().blocks[0].kind, BlockKind::Paragraph);
}

TEST(PageAssembler, ReadsTextThatStandsOnItsSide) {
  PageSketch page;
  page.quarterTurns = 3;
  page.line(U"read upwards", 72, 100);
  const PageText text = page.assemble();
  EXPECT_EQ(text.text, "read upwards\n\n");
  ASSERT_EQ(text.runs.size(), 2U);
  EXPECT_NE(text.runs[0].flags & GlyphRun::Vertical, 0);
  EXPECT_GT(text.runs[0].edges.front(), text.runs[0].edges.back());
}

TEST(PageAssembler, LeavesOutWhatIsNotOnThePage) {
  PageSketch page;
  page.line(U"seen", 72, 100);
  page.line(U"unseen", 5000, 112);
  page.line(U"unseen", 72, -900);
  EXPECT_EQ(page.assemble().text, "seen\n\n");
}

TEST(PageAssembler, TakesAHundredThousandWords) {
  PageSketch page;
  for (int64_t i = 0; i < 100'000; ++i) {
    page.line(U"word", static_cast<double>(i * 7919 % 560), static_cast<double>(i * 104729 % 780));
  }
  const auto begin = std::chrono::steady_clock::now();
  const PageText text = page.assemble();
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(text.runs.size(), 100'000U);
  EXPECT_LT(took, std::chrono::seconds(60));  // quadratic work takes minutes
}

}  // namespace
}  // namespace lectern::helper::pdf
