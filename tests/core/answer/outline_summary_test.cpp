// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/outline_summary.h"

#include "core/answer/citation_resolver.h"
#include "tests/support/library_builder.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectern {
namespace {

using test::DocumentBuilder;
using testing::ElementsAre;
using testing::HasSubstr;

class OutlineSummary : public testing::Test {
 protected:
  OutlineSummary()
      : library_(Library::open(folder_.path() / "library", Library::OpenMode::ReadWrite).value()) {}

  std::vector<SectionSummary> summarize(RevisionId revision, const OutlineOptions& options = {}) {
    std::vector<SectionSummary> sections =
        summarizeOutline(*library_, revision, options, {}).value();
    for (const SectionSummary& section : sections) {
      EXPECT_LE(section.firstPage, section.lastPage);
      for (const Citation& citation : section.sentences) {
        StoredCitation stored;
        stored.citation = citation;
        EXPECT_EQ(verifyCitation(*library_, stored).value(), "");
        EXPECT_GE(citation.page, section.firstPage);
        EXPECT_LE(citation.page, section.lastPage);
      }
    }
    return sections;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Library> library_;
};

DocumentBuilder report() {
  DocumentBuilder document("Report on the bridge");
  document.heading("Condition")
      .paragraph(
          "The bridge over the river is in poor condition. Rust has weakened the iron beams of the "
          "bridge on both sides of the river. Weather was fine on all days of the visit. The iron "
          "beams carry less load than the bridge was built for.")
      .newPage()
      .heading("Repair")
      .paragraph(
          "The repair of the beams takes two summers and costs four million. A repair in one "
          "summer would close the road for all traffic. Lunch was served in a tent near the road. "
          "Traffic uses the old road during the repair of the beams.");
  return document;
}

TEST_F(OutlineSummary, TakesCentralSentencesOfEachSectionInTheirOrder) {
  const auto sections = summarize(test::addDocument(*library_, report()));
  ASSERT_EQ(sections.size(), 2U);
  EXPECT_THAT(sections[0].headingPath, ElementsAre("Condition"));
  EXPECT_THAT(sections[1].headingPath, ElementsAre("Repair"));
  EXPECT_EQ(sections[1].firstPage, 2);
  for (const SectionSummary& section : sections) {
    ASSERT_EQ(section.sentences.size(), 2U);
    EXPECT_LT(section.sentences[0].span.begin, section.sentences[1].span.begin);
    for (const Citation& citation : section.sentences) {
      EXPECT_THAT(citation.quote,
                  testing::Not(testing::AnyOf(HasSubstr("Weather"), HasSubstr("Lunch"))));
    }
  }
}

TEST_F(OutlineSummary, TakesAsManySentencesAsItIsTold) {
  OutlineOptions options;
  options.sentencesPerSection = 1;
  for (const auto& section : summarize(test::addDocument(*library_, report()), options)) {
    EXPECT_EQ(section.sentences.size(), 1U);
  }
}

TEST_F(OutlineSummary, TakesNoTwoSentencesThatSayTheSame) {
  DocumentBuilder document("Twice");
  document.paragraph(
      "The gate of the garden closes at nine in summer. The gate of the garden closes at nine in "
      "summer. Visitors leave the garden through the small door beside the pond.");
  const auto sections = summarize(test::addDocument(*library_, document));
  ASSERT_EQ(sections.size(), 1U);
  ASSERT_EQ(sections[0].sentences.size(), 2U);
  EXPECT_NE(sections[0].sentences[0].quote, sections[0].sentences[1].quote);
}

TEST_F(OutlineSummary, TakesNoLineOfATableOfContents) {
  const auto sections = summarize(test::addDocument(
      *library_,
      DocumentBuilder("Manual")
          .paragraph("7.2 Binary dependencies of the installed packages . . . . . . . . . . 31")
          .paragraph("7.3 Packages that break other installed packages ................ 33")
          .paragraph("Packages that depend on others name them in a field of their own.")));
  ASSERT_EQ(sections.size(), 1U);
  ASSERT_EQ(sections[0].sentences.size(), 1U);
  EXPECT_THAT(sections[0].sentences[0].quote, HasSubstr("of their own"));
}

TEST_F(OutlineSummary, SaysWhereThereIsNothingToSummarise) {
  const RevisionId revision =
      test::addDocument(*library_, DocumentBuilder("Scan").unreadPage(PageState::ImageOnly));
  const auto result = summarizeOutline(*library_, revision, {}, {});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::NotFound);
  EXPECT_EQ(summarizeOutline(*library_, RevisionId{99}, {}, {}).error().code, ErrorCode::NotFound);
}

TEST_F(OutlineSummary, StopsWhenAskedTo) {
  const RevisionId revision = test::addDocument(*library_, report());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(summarizeOutline(*library_, revision, {}, stop.get_token()).error().code,
            ErrorCode::Cancelled);
}

}  // namespace
}  // namespace lectern
