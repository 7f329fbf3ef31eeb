// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Segments {
 public:
  Segments& add(SegmentKind kind, std::string text, int page, int heading = -1) {
    StoredSegment stored;
    stored.number = static_cast<int>(list.size());
    stored.segment.kind = kind;
    stored.segment.page = page;
    stored.segment.heading = heading;
    stored.text = std::move(text);
    list.push_back(std::move(stored));
    return *this;
  }
  std::vector<StoredSegment> list;
};

// Every segment is in exactly one section.
void expectCover(const std::vector<Section>& sections, int segments) {
  int next = 0;
  for (const Section& section : sections) {
    EXPECT_EQ(section.firstSegment, next);
    EXPECT_GE(section.lastSegment, section.firstSegment);
    next = section.lastSegment + 1;
  }
  EXPECT_EQ(next, segments);
}

Segments withHeadings() {
  Segments segments;
  segments.add(SegmentKind::Sentence, "Before everything.", 1)
      .add(SegmentKind::Heading, "Parties", 1)
      .add(SegmentKind::Sentence, "A and B.", 1, 1)
      .add(SegmentKind::Heading, "Landlord", 1, 1)
      .add(SegmentKind::Sentence, "A is one.", 2, 3)
      .add(SegmentKind::Heading, "Money", 2)
      .add(SegmentKind::Sentence, "Much.", 3, 5);
  return segments;
}

TEST(Sections, FollowTheHeadings) {
  const auto sections = sectionsOf({}, withHeadings().list, 40);
  expectCover(sections, 7);
  ASSERT_EQ(sections.size(), 4U);
  EXPECT_THAT(sections[0].headingPath, IsEmpty());
  EXPECT_THAT(sections[1].headingPath, ElementsAre("Parties"));
  EXPECT_THAT(sections[2].headingPath, ElementsAre("Parties", "Landlord"));
  EXPECT_THAT(sections[3].headingPath, ElementsAre("Money"));
}

TEST(Sections, FoldDeeperLevelsUntilTheNumberHolds) {
  const auto sections = sectionsOf({}, withHeadings().list, 3);
  expectCover(sections, 7);
  ASSERT_EQ(sections.size(), 3U);
  EXPECT_THAT(sections[1].headingPath, ElementsAre("Parties"));
  EXPECT_EQ(sections[1].lastSegment, 4);
}

TEST(Sections, FollowTheOutlineWhereThereIsOne) {
  Segments segments;
  segments.add(SegmentKind::Sentence, "Contents: Parties, Money.", 1)
      .add(SegmentKind::Sentence, "End of the preface.", 2)
      .add(SegmentKind::Sentence, "1.1. Parties", 2)
      .add(SegmentKind::Sentence, "A and B.", 2)
      .add(SegmentKind::Sentence, "Much is paid.", 3);
  const auto sections = sectionsOf({{1, "Parties", 2, 0}, {1, "Money", 3, 0}, {1, "Nowhere", 0, 0}},
                                   segments.list, 40);
  expectCover(sections, 5);
  ASSERT_EQ(sections.size(), 3U);
  EXPECT_EQ(sections[1].firstSegment, 2);
  EXPECT_THAT(sections[1].headingPath, ElementsAre("Parties"));
  EXPECT_EQ(sections[2].firstSegment, 4);
}

TEST(Sections, CutPagesWithoutHeadingsEvenly) {
  Segments segments;
  for (int page = 1; page <= 35; ++page) segments.add(SegmentKind::Sentence, "Words.", page);
  const auto sections = sectionsOf({}, segments.list, 40);
  expectCover(sections, 35);
  EXPECT_EQ(sections.size(), 4U);
  EXPECT_EQ(sectionsOf({}, segments.list, 2).size(), 2U);
}

TEST(Sections, JoinNeighboursWhereTheHighestLevelIsTooMuch) {
  Segments segments;
  for (int i = 0; i < 10; ++i) {
    segments.add(SegmentKind::Heading, "Chapter " + std::to_string(i), i + 1);
  }
  const auto sections = sectionsOf({}, segments.list, 4);
  expectCover(sections, 10);
  ASSERT_EQ(sections.size(), 4U);
  EXPECT_THAT(sections[0].headingPath, ElementsAre("Chapter 0 – Chapter 2"));
  EXPECT_THAT(sections[3].headingPath, ElementsAre("Chapter 9"));
}

TEST(Sections, AreNoneOfNothing) {
  EXPECT_TRUE(sectionsOf({}, {}, 40).empty());
}

}  // namespace
}  // namespace lectern
