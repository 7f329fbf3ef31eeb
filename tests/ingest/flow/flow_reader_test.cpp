// SPDX-License-Identifier: GPL-3.0-or-later
// Texts on their pages: the rectangles must hold the ink of the words, all of it and no other.
#include "ingest/helper/flow/flow_reader.h"

#include "core/base/utf8.h"
#include "ingest/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lectern::helper {
namespace {

struct Picture {
  int width = 1240;  // 150 dots an inch
  int height = 1754;
  std::vector<uint32_t> pixels;

  [[nodiscard]] bool hasInk(int x, int y) const {
    return (pixels[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)] &
            0xFFU) < 0xFFU;
  }
};

std::unique_ptr<DocumentReader> read(FlowDocument document) {
  auto reader = openFlow(std::move(document), {}, "a.txt");
  EXPECT_TRUE(reader.has_value());
  return *std::move(reader);
}

Picture draw(DocumentReader& reader, int page) {
  Picture picture;
  picture.pixels.resize(static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height));
  EXPECT_TRUE(reader.renderPage(page, picture.width, picture.height, picture.pixels).has_value());
  return picture;
}

// The pixels that a box touches, the last ones not included. Cairo moves glyphs to quarters of a
// pixel, so the soft edge of one can reach into the next pixel: one more to each side.
struct PixelBox {
  int left, top, right, bottom;
  PixelBox(const Rect& box, const Picture& picture)
      : left(std::max(0, box.left * picture.width / Rect::kUnit - 1)),
        top(std::max(0, box.top * picture.height / Rect::kUnit - 1)),
        right(std::min(picture.width, roundedUp(box.right * picture.width) + 1)),
        bottom(std::min(picture.height, roundedUp(box.bottom * picture.height) + 1)) {}
  static int roundedUp(int units) { return (units + Rect::kUnit - 1) / Rect::kUnit; }
};

void expectInkJustInside(DocumentReader& reader, int number) {
  const Page page = *reader.readPage(number);
  const Picture picture = draw(reader, number);
  std::vector<bool> covered(picture.pixels.size());
  for (const GlyphRun& run : page.runs) {
    const PixelBox box(run.box, picture);
    bool hasInk = false;
    for (int y = box.top; y < box.bottom; ++y) {
      for (int x = box.left; x < box.right; ++x) {
        covered[static_cast<size_t>(y) * static_cast<size_t>(picture.width) +
                static_cast<size_t>(x)] = true;
        hasInk = hasInk || picture.hasInk(x, y);
      }
    }
    EXPECT_TRUE(hasInk) << "no ink in the box of "
                        << page.text.substr(static_cast<size_t>(run.span.begin),
                                            static_cast<size_t>(run.span.length()));
  }
  int outside = 0;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const auto at =
          static_cast<size_t>(y) * static_cast<size_t>(picture.width) + static_cast<size_t>(x);
      outside += picture.hasInk(x, y) && !covered[at] ? 1 : 0;
    }
  }
  EXPECT_EQ(outside, 0) << "pixels of ink outside every box on page " << number;
}

void expectSoundPage(const Page& page) {
  const auto decoded =
      protocol::decodePage(protocol::encodePage(page), static_cast<int64_t>(page.text.size()));
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  std::string outsideRuns;
  int64_t end = 0;
  for (const GlyphRun& run : page.runs) {
    EXPECT_GE(run.span.begin, end);
    outsideRuns +=
        page.text.substr(static_cast<size_t>(end), static_cast<size_t>(run.span.begin - end));
    end = run.span.end;
  }
  outsideRuns += page.text.substr(static_cast<size_t>(end));
  EXPECT_EQ(outsideRuns.find_first_not_of(" \n\t"), std::string::npos) << outsideRuns;
  std::string outsideBlocks;
  end = 0;
  for (const Block& block : page.blocks) {
    outsideBlocks +=
        page.text.substr(static_cast<size_t>(end), static_cast<size_t>(block.span.begin - end));
    end = block.span.end;
  }
  EXPECT_EQ(outsideBlocks.find_first_not_of(" \n\t"), std::string::npos) << outsideBlocks;
}

FlowDocument mixedDocument() {
  FlowDocument document;
  document.add(BlockKind::Heading, 1, 0, "Jolly fjords, ÅÉ and gypsy jjj");
  document.add(BlockKind::Paragraph, 0, 0,
               "A fjord of efficient office jargon, j’ff; Ǻ Ṩ ậ stacked, and a wordlikethis-one "
               "(with brackets) that goes on until the line is full and then some more of it.");
  document.add(BlockKind::Paragraph, 0, 0,
               "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם (1948), mixed with English "
               "words, ואז שוב עברית עד שהשורה מלאה ועוד קצת. שָׁלוֹם");
  document.add(BlockKind::Paragraph, 0, 0,
               "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق 217 (د-3) لا إله.");
  document.add(BlockKind::ListItem, 0, 0, "• first item");
  document.add(BlockKind::ListItem, 0, 1, "1. a deeper item");
  document.add(BlockKind::TableRow, 0, 0, "name\tsize\tcolour");
  document.add(BlockKind::TableRow, 0, 0, "\t12\tgreen");
  document.add(BlockKind::Code, 0, 0, "for (;;) {\n\treturn jq;  // g\n}");
  document.add(BlockKind::Paragraph, 0, 0, "中文字 日本語 e\u0301\u0302 😀 soft\u00ADhyphen");
  document.add(BlockKind::Paragraph, 0, 0, std::string(2000, 'j'));
  return document;
}

TEST(FlowReader, PutsAllInkInTheRectanglesOfTheWords) {
  const auto reader = read(mixedDocument());
  expectInkJustInside(*reader, 1);
  expectSoundPage(*reader->readPage(1));
}

TEST(FlowReader, WritesRowsAndItemsUnderOneAnotherAndBlocksApart) {
  FlowDocument document;
  document.add(BlockKind::Heading, 2, 0, "Title");
  document.add(BlockKind::ListItem, 0, 0, "• one");
  document.add(BlockKind::ListItem, 0, 0, "• two");
  document.add(BlockKind::TableRow, 0, 0, "a\tb");
  document.add(BlockKind::TableRow, 0, 0, "c\td");
  document.add(BlockKind::Paragraph, 0, 0, "The\nend");
  const auto reader = read(std::move(document));
  const Page page = *reader->readPage(1);
  EXPECT_EQ(page.text, "Title\n\n• one\n• two\n\na\tb\nc\td\n\nThe end\n\n");
  EXPECT_EQ(page.state, PageState::Text);
  EXPECT_EQ(reader->info().outline, (std::vector<OutlineItem>{{2, "Title", 1, 0}}));
}

TEST(FlowReader, GivesOneRectangleALine) {
  FlowDocument document;
  document.add(BlockKind::Paragraph, 0, 0, "one two three four five");
  document.add(BlockKind::Paragraph, 0, 0, "שלום לכל העולם");
  const auto reader = read(std::move(document));
  const Page page = *reader->readPage(1);
  const auto end = static_cast<int64_t>(page.text.find("\n\n"));
  EXPECT_EQ(rectsOf(page.runs, page.text, {0, end}).size(), 1U);
  const auto rects =
      rectsOf(page.runs, page.text, {end + 2, static_cast<int64_t>(page.text.size())});
  ASSERT_EQ(rects.size(), 1U);
  EXPECT_GT(rects[0].left, Rect::kUnit / 2) << "right-to-left text stands at the right margin";
}

TEST(FlowReader, LetsTheEdgesOfRightToLeftWordsFall) {
  FlowDocument document;
  document.add(BlockKind::Paragraph, 0, 0, "שלום abc");
  const Page page = *read(std::move(document))->readPage(1);
  ASSERT_EQ(page.runs.size(), 2U);
  EXPECT_EQ(page.runs[0].edges.size(), 5U);
  EXPECT_TRUE(std::is_sorted(page.runs[0].edges.rbegin(), page.runs[0].edges.rend()));
  EXPECT_TRUE(std::is_sorted(page.runs[1].edges.begin(), page.runs[1].edges.end()));
  EXPECT_LT(page.runs[1].box.right, page.runs[0].box.left);
}

// Every page by itself, in any order, gives the same text, and all of them the whole text.
TEST(FlowReader, DividesALongParagraphWithoutLosingAWord) {
  std::string words;
  for (int i = 0; i < 20'000; ++i) words += "word" + std::to_string(i) + (i % 7 == 0 ? ", " : " ");
  FlowDocument document;
  document.add(BlockKind::Paragraph, 0, 0, words);
  const auto reader = read(std::move(document));
  const int pages = reader->info().pageCount;
  EXPECT_GT(pages, 30);
  const Page last = *reader->readPage(pages);
  std::string joined;
  for (int number = 1; number <= pages; ++number) {
    const Page page = *reader->readPage(number);
    EXPECT_EQ(page.blocks.size(), 1U);
    joined += page.text.substr(0, page.text.size() - 2) + " ";
    if (number == pages) {
      EXPECT_EQ(page.text, last.text);
    }
    for (const GlyphRun& run : page.runs) ASSERT_LE(run.box.bottom, Rect::kUnit * 0.96);
  }
  EXPECT_EQ(joined, words);
}

TEST(FlowReader, DividesATextWithoutSpaces) {
  FlowDocument document;
  document.add(BlockKind::Paragraph, 0, 0, std::string(100'000, 'x'));
  const auto reader = read(std::move(document));
  std::string joined;
  for (int number = 1; number <= reader->info().pageCount; ++number) {
    const Page page = *reader->readPage(number);
    expectSoundPage(page);
    EXPECT_EQ(page.blocks.size(), 1U);
    joined += page.text.substr(0, page.text.size() - 2);
  }
  EXPECT_EQ(joined, std::string(100'000, 'x'));
}

// Fonts that stand in for ours are taller: the page is set smaller, never longer than its paper.
TEST(FlowReader, FitsTallScriptsOnThePage) {
  FlowDocument document;
  for (int i = 0; i < 60; ++i) {
    document.add(BlockKind::Paragraph, 0, 0, "བོད་ཡིག ไทย မြန်မာ नमस्ते 中文");
  }
  const auto reader = read(std::move(document));
  for (int number = 1; number <= reader->info().pageCount; ++number) {
    const Page page = *reader->readPage(number);
    ASSERT_FALSE(page.runs.empty());
    EXPECT_LE(page.runs.back().box.bottom, Rect::kUnit * 0.96);
    expectInkJustInside(*reader, number);
  }
}

TEST(FlowReader, KeepsAHeadingWithWhatItHeads) {
  FlowDocument document;
  for (int i = 0; i < 200; ++i) {
    document.add(BlockKind::Heading, 2, 0, "Heading");
    document.add(BlockKind::Paragraph, 0, 0, "Text of one line.");
  }
  const auto reader = read(std::move(document));
  for (int number = 1; number <= reader->info().pageCount; ++number) {
    EXPECT_EQ(reader->readPage(number)->blocks.back().kind, BlockKind::Paragraph);
  }
}

TEST(FlowReader, RefusesADocumentWithoutText) {
  const auto reader = openFlow({}, {}, "a.txt");
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().message, "a.txt holds no text.");
}

}  // namespace
}  // namespace lectern::helper
