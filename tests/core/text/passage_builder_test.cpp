// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/passage_builder.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lectern::text {
namespace {

// Segments one after the other, and the text they are of.
struct Source {
  std::string text;
  std::vector<Segment> segments;

  void add(SegmentKind kind, const std::string& words, int heading) {
    const auto begin = static_cast<int64_t>(text.size());
    text += words;
    segments.push_back({kind, {begin, static_cast<int64_t>(text.size())}, 1, heading, false});
    text += "\n\n";
  }

  [[nodiscard]] std::vector<Passage> passages(std::string_view title) const {
    return buildPassages(segments, title, [this](TextSpan span) {
      return text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length()));
    });
  }
};

TEST(PassageBuilder, PutsTheWayThroughTheHeadingsInFront) {
  Source source;
  source.add(SegmentKind::Heading, "Rent", -1);
  source.add(SegmentKind::Heading, "Payment", 0);
  source.add(SegmentKind::Sentence, "The tenant pays monthly.", 1);
  source.add(SegmentKind::Sentence, "The landlord gives a receipt.", 1);
  source.add(SegmentKind::Heading, "Deposit", 0);
  source.add(SegmentKind::Sentence, "There is none.", 4);
  EXPECT_EQ(source.passages("Lease"),
            (std::vector<Passage>{{0, 3, "Lease › Rent › Payment › The tenant pays monthly."},
                                  {4, 5, "Lease › Rent › Deposit › There is none."}}));
  EXPECT_EQ(source.passages("").back().header, "Rent › Deposit › There is none.");
}

TEST(PassageBuilder, CutsHeaderPartsAfterAWord) {
  Source source;
  source.add(SegmentKind::Sentence, std::string(100, 'a') + " " + std::string(100, 'b'), -1);
  EXPECT_EQ(source.passages("").at(0).header, std::string(100, 'a'));
  Source umlauts;
  std::string word;
  for (int i = 0; i < 100; ++i) word += "ü";
  umlauts.add(SegmentKind::Sentence, "x" + word, -1);
  EXPECT_EQ(umlauts.passages("").at(0).header.size(), 119U);
}

TEST(PassageBuilder, GivesAHeadingWithoutTextAPassageOfItsOwn) {
  Source source;
  source.add(SegmentKind::Sentence, "Text.", -1);
  source.add(SegmentKind::Heading, "The end", -1);
  EXPECT_EQ(source.passages("T"),
            (std::vector<Passage>{{0, 0, "T › Text."}, {1, 1, "T › The end"}}));
}

TEST(PassageBuilder, MakesPassagesOfAboutEightHundredBytes) {
  Source source;
  for (int i = 0; i < 80; ++i) source.add(SegmentKind::Sentence, std::string(110, 'a'), -1);
  for (const Passage& passage : source.passages("")) {
    const int size = passage.lastSegment - passage.firstSegment + 1;
    EXPECT_GE(size, 6);
    EXPECT_LE(size, 10);
  }
}

TEST(PassageBuilder, TakesEverySegmentOnceAndNoneAcrossAHeading) {
  EXPECT_TRUE(rc::check([] {
    Source source;
    int heading = -1;
    const auto kinds = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12));
    for (const int kind : kinds) {
      const std::string words(static_cast<size_t>(*rc::gen::inRange(1, 400)), 'w');
      if (kind == 0) {
        source.add(SegmentKind::Heading, words, -1);
        heading = static_cast<int>(source.segments.size()) - 1;
      } else {
        source.add(kind == 1 ? SegmentKind::Furniture : SegmentKind::Sentence, words, heading);
      }
    }
    int next = 0;
    const auto skipFurniture = [&] {
      const auto size = static_cast<int>(source.segments.size());
      const auto isFurniture = [&](int i) {
        return source.segments[static_cast<size_t>(i)].kind == SegmentKind::Furniture;
      };
      while (next < size && isFurniture(next)) ++next;
    };
    for (const Passage& passage : source.passages("title")) {
      skipFurniture();
      RC_ASSERT(passage.firstSegment == next && passage.lastSegment >= next);
      int body = 0;
      for (int i = passage.firstSegment; i <= passage.lastSegment; ++i) {
        const SegmentKind kind = source.segments[static_cast<size_t>(i)].kind;
        if (kind == SegmentKind::Heading) RC_ASSERT(body == 0);
        if (kind == SegmentKind::Sentence) ++body;
      }
      RC_ASSERT(body <= 10);
      next = passage.lastSegment + 1;
    }
    skipFurniture();
    RC_ASSERT(next == static_cast<int>(source.segments.size()));
  }));
}

}  // namespace
}  // namespace lectern::text
