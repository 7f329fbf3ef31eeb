// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/citation_resolver.h"

#include "tests/support/document_builder.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace lectern {
namespace {

using test::DocumentBuilder;

class CitationResolver : public testing::Test {
 protected:
  CitationResolver()
      : library_(Library::open(folder_.path() / "library", Library::OpenMode::ReadWrite).value()) {}

  RevisionId add(const DocumentBuilder& document) {
    std::string text;
    for (const Page& page : document.pages()) text += page.text;
    const RevisionId revision =
        library_->beginRevision(sha256(text), static_cast<int64_t>(text.size()), document.info())
            .value();
    for (const Page& page : document.pages()) {
      EXPECT_TRUE(library_->addPage(revision, page).has_value());
    }
    EXPECT_TRUE(library_->seal(revision, {}, {}).has_value());
    return revision;
  }

  Result<Citation> cite(RevisionId revision, TextSpan span) {
    return makeCitation(*library_, revision, span, CitationMethod::User);
  }

  std::string verdict(const Citation& citation) {
    StoredCitation stored;
    stored.citation = citation;
    return verifyCitation(*library_, stored).value();
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Library> library_;
};

constexpr std::string_view kFirst = "The lease begins in May. It has no end.";
constexpr std::string_view kSecond = "Notice takes three months.";

DocumentBuilder lease() {
  DocumentBuilder document("Lease");
  document.paragraph(kFirst).newPage().paragraph(kSecond);
  return document;
}

TEST_F(CitationResolver, CutsTheWordsAndTheirNeighboursAndFindsTheirPlace) {
  const RevisionId revision = add(lease());
  const Citation citation = cite(revision, {24, 40}).value();
  EXPECT_EQ(citation.quote, "It has no end.");
  EXPECT_EQ(citation.span, (TextSpan{25, 39}));
  EXPECT_EQ(citation.quoteSha256, sha256("It has no end."));
  EXPECT_EQ(citation.prefix, "The lease begins in May. ");
  EXPECT_EQ(citation.suffix, "\n\n");
  EXPECT_EQ(citation.page, 1);
  EXPECT_EQ(citation.rects,
            (std::vector<Rect>{{DocumentBuilder::left(25), DocumentBuilder::top(0),
                                DocumentBuilder::left(39), DocumentBuilder::bottom(0)}}));
  EXPECT_EQ(verdict(citation), "");
}

TEST_F(CitationResolver, CountsFromTheRevisionsFirstByteOnLaterPages) {
  const RevisionId revision = add(lease());
  const auto begin = static_cast<int64_t>(kFirst.size()) + 2;
  const Citation citation = cite(revision, {begin, begin + 6}).value();
  EXPECT_EQ(citation.quote, "Notice");
  EXPECT_EQ(citation.page, 2);
  EXPECT_EQ(citation.prefix, "");
  EXPECT_EQ(verdict(citation), "");
}

TEST_F(CitationResolver, RefusesWhatIsNotInOnePage) {
  const RevisionId revision = add(lease());
  EXPECT_EQ(cite(revision, {30, 50}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(cite(revision, {39, 41}).error().code, ErrorCode::NotFound) << "white space alone";
  EXPECT_EQ(cite(revision, {60, 600}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(cite(revision, {5, 5}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(cite(revision, {-3, 5}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(cite(RevisionId{99}, {0, 5}).error().code, ErrorCode::NotFound);
}

TEST_F(CitationResolver, CutsNoCharacterInTwo) {
  // The two-byte letters put the 32nd byte before and behind the quotation inside a character.
  const std::string side = "xéééééééééééééééééééé";
  const RevisionId revision = add(DocumentBuilder("Été").paragraph(side + " word " + side));
  const auto begin = static_cast<int64_t>(side.size()) + 1;
  const Citation citation = cite(revision, {begin, begin + 4}).value();
  EXPECT_EQ(citation.quote, "word");
  EXPECT_EQ(citation.prefix, "ééééééééééééééé ");
  EXPECT_EQ(citation.suffix, " xééééééééééééééé");
  EXPECT_EQ(verdict(citation), "");
  EXPECT_EQ(cite(revision, {begin, begin + 7}).error().code, ErrorCode::NotFound)
      << "ends inside a letter";
}

TEST_F(CitationResolver, TrimsSpacesOfAllKinds) {
  const RevisionId revision = add(DocumentBuilder("Spaces").paragraph("a\u00A0 b\u3000 c"));
  EXPECT_EQ(cite(revision, {1, 9}).value().quote, "b");
}

TEST_F(CitationResolver, DoesNotCiteWhatCannotBeSeen) {
  DocumentBuilder document("Hidden");
  document.paragraph("Seen words and unseen ones.").hideFrom(15);
  const RevisionId revision = add(document);
  EXPECT_EQ(cite(revision, {15, 27}).error().code, ErrorCode::NotFound);
  const Citation both = cite(revision, {5, 27}).value();
  EXPECT_EQ(both.quote, "words and unseen ones.");
  ASSERT_EQ(both.rects.size(), 1U);
  EXPECT_EQ(both.rects[0].right, DocumentBuilder::left(14));
}

// Lines must not grow together when the run that starts one of them is not to be seen.
TEST_F(CitationResolver, KeepsLinesApartWhoseFirstWordIsInvisible) {
  DocumentBuilder document("Lines");
  document.paragraph("upper line").paragraph("hidden shown");
  Page page = document.pages()[0];
  page.runs[2].flags |= GlyphRun::Invisible;
  const RevisionId revision = library_->beginRevision(sha256("x"), 1, document.info()).value();
  ASSERT_TRUE(library_->addPage(revision, page).has_value());
  ASSERT_TRUE(library_->seal(revision, {}, {}).has_value());
  const Citation citation = cite(revision, {0, 24}).value();
  ASSERT_EQ(citation.rects.size(), 2U);
  EXPECT_EQ(citation.rects[1].left, DocumentBuilder::left(7));
  EXPECT_EQ(citation.rects[1].top, DocumentBuilder::top(1));
}

TEST_F(CitationResolver, CitesPagesWithoutPlacesByTheirTextAlone) {
  Page page = DocumentBuilder("Plain").paragraph("Only words.").pages()[0];
  page.runs.clear();
  const RevisionId revision =
      library_->beginRevision(sha256("y"), 1, DocumentBuilder("Plain").info()).value();
  ASSERT_TRUE(library_->addPage(revision, page).has_value());
  ASSERT_TRUE(library_->seal(revision, {}, {}).has_value());
  const Citation citation = cite(revision, {0, 11}).value();
  EXPECT_TRUE(citation.rects.empty());
  EXPECT_EQ(verdict(citation), "");
}

TEST_F(CitationResolver, SaysWhatOfACitationIsNotSo) {
  const RevisionId revision = add(lease());
  const Citation good = cite(revision, {25, 39}).value();
  const auto verdictWith = [&](auto change) {
    Citation bad = good;
    change(bad);
    return verdict(bad);
  };
  EXPECT_NE(verdictWith([](Citation& c) { c.quote[0] = 'X'; }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.quoteSha256[0] ^= 1; }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.span.end -= 1; }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.span = {-1, 5}; }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.span = {30, 50}; }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.span = {3000, 3010}; }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.prefix += "?"; }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.suffix.clear(); }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.page = 2; }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.rects[0].left += 1; }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.rects.clear(); }), "");
  EXPECT_NE(verdictWith([](Citation& c) { c.revision = RevisionId{99}; }), "");
  EXPECT_EQ(verdictWith([](Citation& c) { c.status = CitationStatus::Moved; }), "");
}

// Invariants 1 and 3 of citations.md 1.2, for any range of bytes.
TEST_F(CitationResolver, ProvesWhateverItMakes) {
  DocumentBuilder document("Any");
  document.paragraph("The lease begins in May.")
      .paragraph("Été à la mer, naïve façade.")
      .newPage()
      .paragraph("שלום לכולם בבית")
      .newPage()
      .paragraph("عقد الإيجار لمدة سنة")
      .paragraph("a\u00A0 \u3000b")
      .paragraph("𝄞 music 𝄢");
  const RevisionId revision = add(document);
  std::string whole;
  for (const Page& page : document.pages()) whole += page.text;
  const auto size = static_cast<int64_t>(whole.size());
  EXPECT_TRUE(rc::check([&] {
    const auto begin = *rc::gen::inRange<int64_t>(-2, size + 2);
    const TextSpan span{begin, begin + *rc::gen::inRange<int64_t>(0, 40)};
    const Result<Citation> made = cite(revision, span);
    if (!made.has_value()) {
      RC_ASSERT(made.error().code == ErrorCode::NotFound);
      return;
    }
    RC_ASSERT(span.contains(made->span));
    RC_ASSERT(made->quote == whole.substr(static_cast<size_t>(made->span.begin),
                                          static_cast<size_t>(made->span.length())));
    RC_ASSERT(!made->rects.empty());
    RC_ASSERT(verdict(*made).empty());
  }));
}

}  // namespace
}  // namespace lectern
