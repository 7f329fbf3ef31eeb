// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/segmenter.h"

#include "core/base/utf8.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <string>
#include <vector>

namespace lectern::text {
namespace {

struct Piece {
  BlockKind kind;
  std::string text;
  uint8_t level = 0;
  int top = 0;
};

// A page whose blocks are these pieces, each with one glyph run at its height.
Page pageOf(int number, const std::vector<Piece>& pieces) {
  Page page;
  page.number = number;
  for (const Piece& piece : pieces) {
    const auto begin = static_cast<int64_t>(page.text.size());
    page.text += piece.text;
    const TextSpan span{begin, static_cast<int64_t>(page.text.size())};
    page.blocks.push_back({piece.kind, piece.level, span});
    GlyphRun run;
    run.span = span;
    run.box = {0, static_cast<uint16_t>(piece.top), 1000, static_cast<uint16_t>(piece.top + 500)};
    if (!span.isEmpty()) page.runs.push_back(run);
    page.text += "\n\n";
  }
  return page;
}

struct Read {
  std::string text;
  std::vector<Segment> segments;

  [[nodiscard]] std::string of(size_t i) const {
    const TextSpan span = segments.at(i).span;
    return text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length()));
  }
};

Read read(const std::vector<std::vector<Piece>>& pages) {
  Read result;
  Segmenter segmenter;
  for (size_t i = 0; i < pages.size(); ++i) {
    const Page page = pageOf(static_cast<int>(i) + 1, pages[i]);
    segmenter.addPage(page, static_cast<int64_t>(result.text.size()));
    result.text += page.text;
  }
  result.segments = segmenter.finish();
  return result;
}

std::vector<SegmentKind> kindsOf(const Read& read) {
  std::vector<SegmentKind> kinds;
  for (const Segment& segment : read.segments) kinds.push_back(segment.kind);
  return kinds;
}

TEST(Segmenter, CutsEachBlockAsItsKindAsks) {
  const Read r = read({{{BlockKind::Heading, "1. Rent. Payment", 1},
                        {BlockKind::Paragraph, "He pays. She does not."},
                        {BlockKind::ListItem, "1. First point. It has two sentences."},
                        {BlockKind::TableRow, "Rent.\t500 EUR. Monthly"},
                        {BlockKind::Caption, "Fig. 3. A house."},
                        {BlockKind::Code, "int a = 1. + 2.;\n\n  return a;"}}});
  using enum SegmentKind;
  EXPECT_EQ(kindsOf(r), (std::vector<SegmentKind>{Heading, Sentence, Sentence, ListItem, ListItem,
                                                  TableRow, Caption, Caption, Code, Code}));
  EXPECT_EQ(r.of(0), "1. Rent. Payment");
  EXPECT_EQ(r.of(3), "1. First point.");
  EXPECT_EQ(r.of(5), "Rent.\t500 EUR. Monthly");
  EXPECT_EQ(r.of(9), "return a;");
  EXPECT_EQ(r.segments[9].page, 1);
}

TEST(Segmenter, FindsRunningHeadersAndPageNumbers) {
  std::vector<std::vector<Piece>> pages;
  for (int i = 1; i <= 6; ++i) {
    const std::string number = std::to_string(i);
    const bool odd = i % 2 == 1;
    pages.push_back({{BlockKind::Margin, odd ? "Annual report" : number + " | Chapter 3", 0, 3000},
                     {BlockKind::Paragraph, "Page " + number + " says something."},
                     {BlockKind::Margin, number, 0, 60000 + 5000 * (i % 2)}});
  }
  pages.push_back({{BlockKind::Margin, "Annual report", 0, 30000}});  // far from where it runs
  pages.push_back({{BlockKind::Margin, "A note that stands in the margin. Once.", 0, 3000}});
  const Read r = read(pages);
  ASSERT_EQ(r.segments.size(), 6U * 3 + 3);
  for (size_t i = 0; i < 18; ++i) {
    const bool body = i % 3 == 1;
    EXPECT_EQ(r.segments[i].kind, body ? SegmentKind::Sentence : SegmentKind::Furniture) << r.of(i);
  }
  for (size_t i = 18; i < 21; ++i) EXPECT_EQ(r.segments[i].kind, SegmentKind::Sentence) << r.of(i);
}

TEST(Segmenter, KeepsAHeaderThatStandsOnTwoPagesOnly) {
  const Piece header{BlockKind::Margin, "Annual report", 0, 3000};
  const Read r = read({{header, header}, {header}});
  for (const Segment& segment : r.segments) EXPECT_EQ(segment.kind, SegmentKind::Sentence);
}

TEST(Segmenter, TakesRomanPageNumbersAndNumbersInHeaders) {
  const Read r = read({{{BlockKind::Margin, "xiv", 0, 60000}},
                       {{BlockKind::Margin, "– 12 –", 0, 60000}},
                       {{BlockKind::Margin, "12 / 80", 0, 60000}},
                       {{BlockKind::Margin, "Preface ix", 0, 3000}},
                       {{BlockKind::Margin, "Preface x", 0, 3000}},
                       {{BlockKind::Margin, "Preface xi", 0, 3600}}});
  for (size_t i = 0; i < r.segments.size(); ++i) {
    EXPECT_EQ(r.segments[i].kind, SegmentKind::Furniture) << r.of(i);
  }
}

TEST(Segmenter, TakesTitlesBesideThePagesPrintedNumber) {
  const std::vector<std::string> titles = {"agrep 31",     "32 all",     "all.equal 33", "34 any",
                                           "A note on 35", "36 a note.", "aperm 41"};
  std::vector<std::vector<Piece>> pages;
  for (const std::string& title : titles) pages.push_back({{BlockKind::Margin, title, 0, 3000}});
  const Read r = read(pages);
  using enum SegmentKind;
  // A sentence, and a number that is not the page's, say that they are something else.
  EXPECT_EQ(kindsOf(r), (std::vector<SegmentKind>{Furniture, Furniture, Furniture, Furniture,
                                                  Furniture, Sentence, Sentence}));
  const Read two =
      read({{{BlockKind::Margin, "agrep 31", 0, 3000}}, {{BlockKind::Margin, "32 all", 0, 3000}}});
  EXPECT_EQ(kindsOf(two), (std::vector<SegmentKind>{Sentence, Sentence}));
}

TEST(Segmenter, TakesTitlesThatRepeatTheHeadingsOfTheirPage) {
  const Read r = read({{{BlockKind::Heading, "Chapter 2", 1},
                        {BlockKind::Heading, "Requirements", 2},
                        {BlockKind::Paragraph, "It needs memory."}},
                       {{BlockKind::Margin, "CHAPTER 2. REQUIREMENTS 2.3. DISK", 0, 3000},
                        {BlockKind::Margin, "Requirements of the tenant", 0, 5000},
                        {BlockKind::Heading, "2.3 Disk space", 3},
                        {BlockKind::Paragraph, "It needs a disk."}}});
  using enum SegmentKind;
  EXPECT_EQ(kindsOf(r), (std::vector<SegmentKind>{Heading, Heading, Sentence, Furniture, Sentence,
                                                  Heading, Sentence}));
}

TEST(Segmenter, KnowsTheHeadingAboveEachSegment) {
  const Read r = read({{{BlockKind::Paragraph, "Before."},
                        {BlockKind::Heading, "One", 1},
                        {BlockKind::Heading, "One point one", 2},
                        {BlockKind::Paragraph, "Inside."}},
                       {{BlockKind::Heading, "unknown level", 0},
                        {BlockKind::Paragraph, "Deep."},
                        {BlockKind::Heading, "One point two", 2},
                        {BlockKind::Heading, "Two", 1},
                        {BlockKind::Paragraph, "After."}}});
  std::vector<int> headings;
  for (const Segment& segment : r.segments) headings.push_back(segment.heading);
  EXPECT_EQ(headings, (std::vector<int>{-1, -1, 1, 2, 2, 4, 1, -1, 7}));
}

// Found in an Arabic booklet, where a lone hamza was set in the size of a heading.
TEST(Segmenter, TakesNoHeadingWithoutAWord) {
  const Read r = read({{{BlockKind::Heading, "\u0654", 1}, {BlockKind::Paragraph, "Below."}}});
  using enum SegmentKind;
  EXPECT_EQ(kindsOf(r), (std::vector<SegmentKind>{Sentence, Sentence}));
  EXPECT_EQ(r.segments[1].heading, -1);
}

TEST(Segmenter, CutsLongSentencesAtTheirPunctuation) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += i == 25 ? "eleven bytes; " : "eleven bytes ";
  const Read r = read({{{BlockKind::Paragraph, text}}});
  ASSERT_GE(r.segments.size(), 2U);
  EXPECT_EQ(r.of(0).back(), ';');
  EXPECT_FALSE(r.segments[0].continues);
  EXPECT_TRUE(r.segments[1].continues);
}

TEST(Segmenter, GoesOnOverAPageBreak) {
  const Piece number{BlockKind::Margin, "7", 0, 60000};
  const Read r = read({{{BlockKind::Paragraph, "It ends. The tenant shall"}, number},
                       {number, {BlockKind::Paragraph, "pay the rent. It is due."}},
                       {{BlockKind::Paragraph, "A new page begins."}},
                       {{BlockKind::Paragraph, "small but new."}}});
  std::vector<std::string> continued;
  for (size_t i = 0; i < r.segments.size(); ++i) {
    if (r.segments[i].continues) continued.push_back(r.of(i));
  }
  EXPECT_EQ(continued, std::vector<std::string>{"pay the rent."});
}

TEST(Segmenter, TakesEmptyPagesAndTextOutsideOfBlocks) {
  EXPECT_TRUE(Segmenter().finish().empty());
  Segmenter segmenter;
  Page page;
  page.number = 1;
  page.text = "No block covers this. Nor this.\n\n";
  segmenter.addPage(page, 0);
  segmenter.addPage(Page{}, static_cast<int64_t>(page.text.size()));
  EXPECT_EQ(segmenter.finish().size(), 2U);
}

rc::Gen<std::string> blockText() {
  const auto word = rc::gen::element<std::string>(
      "word ", "Word ", "end. ", "End? ", "z. B. ", "no; ", "yes, ", "שלום ", "كتاب. ", "漢字。",
      "x", "3", ".", "\n", "\t", " ", "\u00A0", "\u3000", "é", "😀", "ﷺ", "\u0301",
      "Donaudampfschifffahrt");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(word),
                      [](const std::vector<std::string>& words) {
                        std::string text;
                        for (const std::string& w : words) text += w;
                        return text;
                      });
}

TEST(Segmenter, KeepsItsGuaranteesForRandomPages) {
  EXPECT_TRUE(rc::check([] {
    const auto piece = rc::gen::map(
        rc::gen::tuple(rc::gen::inRange(0, 7), blockText(), rc::gen::inRange(0, 4),
                       rc::gen::element(3000, 3300, 60000), rc::gen::inRange(1, 40)),
        [](const std::tuple<int, std::string, int, int, int>& t) {
          const auto& [kind, text, level, top, times] = t;
          std::string repeated;
          for (int i = 0; i < (times > 36 ? 30 : 1); ++i) repeated += text;
          return Piece{static_cast<BlockKind>(kind), repeated, static_cast<uint8_t>(level), top};
        });
    const auto pages = *rc::gen::resize(12, rc::gen::container<std::vector<std::vector<Piece>>>(
                                                rc::gen::container<std::vector<Piece>>(piece)));
    const Read r = read(pages);

    int64_t end = 0;
    std::vector<bool> covered(r.text.size(), false);
    for (size_t i = 0; i < r.segments.size(); ++i) {
      const Segment& segment = r.segments[i];
      RC_ASSERT(end <= segment.span.begin && !segment.span.isEmpty());
      RC_ASSERT(segment.span.length() <= Segment::kMaxSegmentBytes);
      RC_ASSERT(utf8::isBoundary(r.text, segment.span.begin));
      RC_ASSERT(utf8::isBoundary(r.text, segment.span.end));
      RC_ASSERT(segment.heading < static_cast<int>(i));
      if (segment.heading >= 0) {
        RC_ASSERT(r.segments[static_cast<size_t>(segment.heading)].kind == SegmentKind::Heading);
      }
      end = segment.span.end;
      std::fill(covered.begin() + segment.span.begin, covered.begin() + segment.span.end, true);
    }
    RC_ASSERT(end <= static_cast<int64_t>(r.text.size()));

    // Inside the page whose number it has, and nothing but spaces uncovered.
    int64_t pageBegin = 0;
    size_t next = 0;
    for (size_t p = 0; p < pages.size(); ++p) {
      const int64_t pageEnd = pageBegin + static_cast<int64_t>(pageOf(1, pages[p]).text.size());
      for (; next < r.segments.size() && r.segments[next].page == static_cast<int>(p) + 1; ++next) {
        RC_ASSERT((TextSpan{pageBegin, pageEnd}).contains(r.segments[next].span));
      }
      pageBegin = pageEnd;
    }
    RC_ASSERT(next == r.segments.size());
    std::string rest;
    for (size_t i = 0; i < r.text.size(); ++i) {
      if (!covered[i]) rest.push_back(r.text[i]);
    }
    RC_ASSERT(utf8::isValid(rest));
    for (int64_t i = 0; i < static_cast<int64_t>(rest.size());) {
      const utf8::Decoded decoded = utf8::decode(rest, i);
      RC_ASSERT(std::u32string_view(U" \n\t\u00A0\u3000").find(decoded.codePoint) !=
                std::u32string_view::npos);
      i += decoded.length;
    }
  }));
}

}  // namespace
}  // namespace lectern::text
