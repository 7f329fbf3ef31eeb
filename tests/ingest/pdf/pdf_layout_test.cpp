// SPDX-License-Identifier: GPL-3.0-or-later
// PDFs of our own, of which every word's place is known (tests/fixtures/pdf/layout).
#include "tests/ingest/pdf/open_pdf.h"

#include <gmock/gmock.h>

namespace lectern::test {
namespace {

OpenPdf openLayout(const std::string& name) {
  return openPdfFile(fixture("pdf/layout/" + name + ".pdf"));
}

bool isMargin(const TrueWord& word) {
  return word.kind == "header" || word.kind == "footer";
}

// The words of a page's body, and of its margins, in reading order, parted by spaces.
struct ReadWords {
  std::string body;
  std::string margin;
};

ReadWords wordsOf(const Page& page) {
  ReadWords words;
  for (const Block& block : page.blocks) {
    auto& target = block.kind == BlockKind::Margin ? words.margin : words.body;
    for (const auto& word : splitAtSpace(page.text.substr(
             static_cast<size_t>(block.span.begin), static_cast<size_t>(block.span.length())))) {
      target += word + ' ';
    }
  }
  return words;
}

class KnownLayout : public ::testing::TestWithParam<const char*> {};

std::string nameOf(const ::testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Pdf,
                         KnownLayout,
                         ::testing::Values("one-column",
                                           "two-columns",
                                           "three-columns",
                                           "hebrew",
                                           "arabic",
                                           "rotated",
                                           "crop-box",
                                           "table",
                                           "running-headers",
                                           "labels-outline"),
                         nameOf);

TEST_P(KnownLayout, IsReadInOrder) {
  const LayoutTruth truth = layoutTruth(GetParam());
  const OpenPdf pdf = openLayout(GetParam());
  ASSERT_TRUE(pdf.reader.has_value()) << pdf.reader.error().message;
  ASSERT_EQ(static_cast<size_t>(pdf->info().pageCount), truth.pages.size());
  for (size_t i = 0; i < truth.pages.size(); ++i) {
    const Page page = pageOf(pdf, static_cast<int>(i) + 1);
    EXPECT_NEAR(page.widthPt, truth.pages[i].widthPt, 0.01);
    EXPECT_NEAR(page.heightPt, truth.pages[i].heightPt, 0.01);
    EXPECT_EQ(page.rotation, truth.pages[i].rotation);
    EXPECT_EQ(page.label, truth.pages[i].label);
    ReadWords expected;
    for (const TrueWord& word : truth.pages[i].words) {
      (isMargin(word) ? expected.margin : expected.body) += word.text + ' ';
    }
    const ReadWords read = wordsOf(page);
    EXPECT_EQ(read.body, expected.body) << "page " << i + 1;
    EXPECT_EQ(read.margin, expected.margin) << "page " << i + 1;
  }
}

// Each word's rectangles cover it and nothing else. A hyphen that went has no rectangle, so the
// first half of a broken word may be narrower than drawn.
TEST_P(KnownLayout, HasItsWordsWhereTheyWereDrawn) {
  const LayoutTruth truth = layoutTruth(GetParam());
  const OpenPdf pdf = openLayout(GetParam());
  ASSERT_TRUE(pdf.reader.has_value()) << pdf.reader.error().message;
  for (size_t i = 0; i < truth.pages.size(); ++i) {
    const Page page = pageOf(pdf, static_cast<int>(i) + 1);
    for (const bool margin : {false, true}) {
      int64_t at = 0;
      for (const TrueWord& word : truth.pages[i].words) {
        if (isMargin(word) != margin) continue;
        const size_t found = page.text.find(word.text, static_cast<size_t>(margin ? 0 : at));
        ASSERT_NE(found, std::string::npos) << word.text;
        at = static_cast<int64_t>(found + word.text.size());
        const auto rects = rectsOf(page.runs, page.text, {static_cast<int64_t>(found), at});
        if (margin && rects.size() != 1) continue;  // stands in the body as well
        ASSERT_EQ(rects.size(), word.rects.size()) << word.text;
        for (size_t r = 0; r < rects.size(); ++r) {
          const bool broken = rects.size() > 1 && r == 0;
          const double share = overlap(inPoints(rects[r], page), word.rects[r]);
          EXPECT_GE(share, margin ? 0.0 : broken ? 0.7 : 0.95) << word.text << ", page " << i + 1;
        }
      }
    }
  }
}

TEST(PdfLayout, FindsTheOutlineAndItsTargets) {
  const LayoutTruth truth = layoutTruth("labels-outline");
  const OpenPdf pdf = openLayout("labels-outline");
  const auto outline = pdf->info().outline;
  ASSERT_EQ(outline.size(), truth.outline.size());
  for (size_t i = 0; i < outline.size(); ++i) {
    EXPECT_EQ(outline[i].title, truth.outline[i].title);
    EXPECT_EQ(outline[i].page, truth.outline[i].page) << outline[i].title;
    EXPECT_EQ(outline[i].level, truth.outline[i].level) << outline[i].title;
    EXPECT_GT(outline[i].top, 0) << outline[i].title;
  }
}

TEST(PdfLayout, KeepsTableCellsInTheirRow) {
  const Page page = pageOf(openLayout("table"), 1);
  std::vector<std::string> rows;
  for (const Block& block : page.blocks) {
    if (block.kind != BlockKind::TableRow) continue;
    rows.push_back(page.text.substr(static_cast<size_t>(block.span.begin),
                                    static_cast<size_t>(block.span.length())));
  }
  EXPECT_THAT(
      rows, ::testing::ElementsAre("Traveller\tCharge\tHours", "Cart with horse\t8 pence\t6 to 18",
                                   "Rider\t4 pence\t6 to 20", "Walker\t1 penny\t5 to 22",
                                   "Doctor\tfree\tany hour"));
}

TEST(PdfLayout, TellsHeadingsListsAndMargins) {
  const Page page = pageOf(openLayout("running-headers"), 1);
  std::vector<BlockKind> kinds;
  for (const Block& block : page.blocks) kinds.push_back(block.kind);
  EXPECT_THAT(kinds,
              ::testing::ElementsAre(BlockKind::Margin, BlockKind::Heading, BlockKind::Paragraph,
                                     BlockKind::ListItem, BlockKind::ListItem, BlockKind::ListItem,
                                     BlockKind::Paragraph, BlockKind::ListItem, BlockKind::Margin));
}

class LayoutOfText : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Pdf,
                         LayoutOfText,
                         ::testing::Values("one-column",
                                           "two-columns",
                                           "three-columns",
                                           "hebrew",
                                           "arabic",
                                           "rotated",
                                           "crop-box",
                                           "labels-outline"),
                         nameOf);

// Everything drawn on these pages is text. So nothing dark may lie outside the runs' boxes, and
// something dark must lie in each.
TEST_P(LayoutOfText, HasInkInEveryRunAndNowhereElse) {
  const OpenPdf pdf = openLayout(GetParam());
  constexpr int kScale = 2;
  for (int number = 1; number <= pdf->info().pageCount; ++number) {
    const Page page = pageOf(pdf, number);
    const int width = static_cast<int>(page.widthPt) * kScale;
    const int height = static_cast<int>(page.heightPt) * kScale;
    std::vector<uint32_t> pixels(static_cast<size_t>(width) * static_cast<size_t>(height));
    ASSERT_TRUE(pdf->renderPage(number, width, height, pixels).has_value());
    std::vector<bool> covered(pixels.size());
    const auto isDark = [&](size_t i) { return (pixels[i] & 0xff) < 0x80; };
    for (const GlyphRun& run : page.runs) {
      const auto left = static_cast<int>(run.box.left / 65535.0 * width);
      const auto right = std::min(width - 1, static_cast<int>(run.box.right / 65535.0 * width) + 1);
      const auto top = static_cast<int>(run.box.top / 65535.0 * height);
      const auto bottom =
          std::min(height - 1, static_cast<int>(run.box.bottom / 65535.0 * height) + 1);
      bool ink = false;
      for (int y = top; y <= bottom; ++y) {
        for (int x = left; x <= right; ++x) {
          const auto i =
              static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x);
          covered[i] = true;
          ink = ink || (pixels[i] & 0xff) < 0xe0;
        }
      }
      EXPECT_TRUE(ink) << page.text.substr(static_cast<size_t>(run.span.begin),
                                           static_cast<size_t>(run.span.length()));
    }
    int64_t dark = 0;
    int64_t outside = 0;
    for (size_t i = 0; i < pixels.size(); ++i) {
      dark += isDark(i) ? 1 : 0;
      outside += isDark(i) && !covered[i] ? 1 : 0;
    }
    EXPECT_GT(dark, 100) << "page " << number;
    // Hyphens that went, and marks that reach beyond their letters.
    EXPECT_LT(static_cast<double>(outside), 0.01 * static_cast<double>(dark)) << "page " << number;
  }
}

}  // namespace
}  // namespace lectern::test
