// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/extractive_answerer.h"

#include "core/answer/citation_resolver.h"
#include "core/answer/scope.h"
#include "tests/support/library_builder.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace lectern {
namespace {

using test::DocumentBuilder;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

// What the sink was told, checked for its order.
struct Heard {
  std::string text;
  std::vector<Claim> claims;
  std::optional<Finished> finished;
  std::optional<Error> failed;
};

class ExtractiveAnswerer : public testing::Test {
 protected:
  ExtractiveAnswerer()
      : library_(Library::open(folder_.path() / "library", Library::OpenMode::ReadWrite).value()) {}

  RevisionId add(const DocumentBuilder& document) {
    const RevisionId revision = test::addDocument(*library_, document);
    scope_.push_back(revision);
    return revision;
  }

  Heard ask(std::string_view question, std::stop_token stop = {}) {
    Heard heard;
    const auto sink = [&](const AnswerEvent& event) {
      EXPECT_FALSE(heard.finished.has_value() || heard.failed.has_value()) << "after the end";
      if (const auto* text = std::get_if<Text>(&event)) heard.text += text->utf8;
      if (const auto* cited = std::get_if<Cited>(&event)) {
        EXPECT_LE(cited->claim.span.end, static_cast<int64_t>(heard.text.size()));
        heard.claims.push_back(cited->claim);
      }
      if (const auto* finished = std::get_if<Finished>(&event)) heard.finished = *finished;
      if (const auto* failed = std::get_if<Failed>(&event)) heard.failed = failed->error;
    };
    answerExtractively(*library_, question, scope_, {}, sink, stop);
    EXPECT_NE(heard.finished.has_value(), heard.failed.has_value());
    for (const Claim& claim : heard.claims) {
      for (const Citation& citation : claim.citations) expectProven(citation);
    }
    return heard;
  }

  static std::string claimText(const Heard& heard, size_t i) {
    const TextSpan span = heard.claims.at(i).span;
    return heard.text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length()));
  }

  void expectProven(const Citation& citation) {
    StoredCitation stored;
    stored.citation = citation;
    EXPECT_EQ(verifyCitation(*library_, stored).value(), "") << citation.quote;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Library> library_;
  std::vector<RevisionId> scope_;
};

DocumentBuilder lease() {
  DocumentBuilder document("Lease of the flat in Elm Road");
  document.heading("Notice")
      .paragraph(
          "Either party may end the lease with three months' notice to the end of a quarter. The "
          "notice must be given in writing. It is sent to the address above.")
      .heading("Deposit")
      .paragraph(
          "The tenant pays two monthly rents in advance. The landlord keeps them at a bank and "
          "returns them with interest within 60 days after the tenant has left.")
      .newPage()
      .heading("Use of the flat")
      .paragraph(
          "The tenant must not sublet the flat without written consent of the landlord. Ann "
          "Miller lives in the flat since 1998. Pets are welcome.");
  return document;
}

TEST_F(ExtractiveAnswerer, QuotesTheSentenceThatAnswers) {
  add(lease());
  const Heard heard = ask("How long is the notice to end the lease?");
  ASSERT_TRUE(heard.finished.has_value());
  EXPECT_TRUE(heard.finished->found);
  ASSERT_FALSE(heard.claims.empty());
  EXPECT_EQ(claimText(heard, 0),
            "Either party may end the lease with three months' notice to the end of a quarter.");
  EXPECT_EQ(heard.claims[0].grade, Grade::Verbatim);
  ASSERT_EQ(heard.claims[0].citations.size(), 1U);
  EXPECT_EQ(heard.claims[0].citations[0].quote, claimText(heard, 0));
  EXPECT_EQ(heard.claims[0].citations[0].page, 1);
}

TEST_F(ExtractiveAnswerer, FindsTheSentenceByTheHeadingItStandsUnder) {
  add(lease());
  const Heard heard = ask("What deposit does the tenant pay?");
  ASSERT_FALSE(heard.claims.empty());
  EXPECT_EQ(claimText(heard, 0), "The tenant pays two monthly rents in advance.");
}

TEST_F(ExtractiveAnswerer, PrefersASentenceWithADateForWhen) {
  add(DocumentBuilder("Club").paragraph(
      "The club was founded by friends of the river. The club was founded in 1911 "
      "at the old bridge."));
  const Heard heard = ask("When was the club founded?");
  ASSERT_FALSE(heard.claims.empty());
  EXPECT_EQ(claimText(heard, 0), "The club was founded in 1911 at the old bridge.");
}

TEST_F(ExtractiveAnswerer, SaysWhatTheDocumentsDoNotSay) {
  add(lease());
  add(DocumentBuilder("Recipe").paragraph("Boil the rice in salted water."));
  const Heard heard = ask("Which insurance covers broken windows of the flat?");
  ASSERT_TRUE(heard.finished.has_value());
  EXPECT_FALSE(heard.finished->found);
  ASSERT_EQ(heard.claims.size(), 1U);
  EXPECT_EQ(heard.claims[0].grade, Grade::NotFound);
  EXPECT_THAT(heard.claims[0].citations, IsEmpty());
  EXPECT_EQ(claimText(heard, 0), heard.text);
  ASSERT_FALSE(heard.finished->nearest.empty());
  EXPECT_LE(heard.finished->nearest.size(), 3U);
  EXPECT_THAT(heard.finished->nearest[0].citation.quote, HasSubstr("flat"));
  EXPECT_EQ(heard.finished->nearest[0].documentTitle, "Lease of the flat in Elm Road");
  for (const NearestPassage& near : heard.finished->nearest) expectProven(near.citation);
}

TEST_F(ExtractiveAnswerer, GradesAsRelatedWhatLacksANumberOrNameOfTheQuestion) {
  add(lease());
  const Heard wrong = ask("Does Ann Walker live in the flat since 1998?");
  ASSERT_FALSE(wrong.claims.empty());
  EXPECT_EQ(wrong.claims[0].grade, Grade::Related);
  EXPECT_THAT(wrong.claims[0].missing, Contains("Walker"));
  const Heard right = ask("Does Ann Miller live in the flat since 1998?");
  ASSERT_FALSE(right.claims.empty());
  EXPECT_EQ(right.claims[0].grade, Grade::Verbatim);
}

TEST_F(ExtractiveAnswerer, DemandsAQuotedPhraseAsItStands) {
  add(lease());
  const Heard there = ask("What about \"written consent\"?");
  ASSERT_TRUE(there.finished->found);
  EXPECT_THAT(there.text, HasSubstr("written consent"));
  const Heard notThere = ask("What about \"consent written\"?");
  EXPECT_FALSE(notThere.finished->found);
  EXPECT_FALSE(notThere.finished->nearest.empty());
}

TEST_F(ExtractiveAnswerer, SaysWhatToDoWithAQuestionOfFunctionWords) {
  add(lease());
  for (const char* question : {"What is it?", "", "???", "¿Qué es?", "מה זה?"}) {
    const Heard heard = ask(question);
    ASSERT_TRUE(heard.failed.has_value()) << question;
    EXPECT_EQ(heard.failed->code, ErrorCode::Usage);
    EXPECT_THAT(heard.failed->message, HasSubstr("Name the thing"));
  }
}

TEST_F(ExtractiveAnswerer, ReportsWhatItReadAndWhatItCouldNot) {
  DocumentBuilder document = lease();
  document.unreadPage(PageState::ImageOnly)
      .unreadPage(PageState::Skipped, "The page took too long.")
      .paragraph("Last words.");
  add(document);
  const Heard heard = ask("pets welcome");
  const ReadingReport& reading = heard.finished->reading;
  EXPECT_EQ(reading.engine, "extractive");
  EXPECT_EQ(reading.documents, 1);
  EXPECT_EQ(reading.pagesRead, 3);
  EXPECT_EQ(reading.pagesUnread, 2);
  EXPECT_GE(reading.segments, 9);
}

TEST_F(ExtractiveAnswerer, SaysWhenNoPageHasText) {
  DocumentBuilder scan("Scan");
  scan.unreadPage(PageState::ImageOnly);
  add(scan);
  const Heard heard = ask("pets welcome");
  EXPECT_FALSE(heard.finished->found);
  EXPECT_EQ(heard.finished->reading.pagesUnread, 1);
  EXPECT_EQ(heard.text, kUnreadableText);
  EXPECT_EQ(claimText(heard, 0), kUnreadableText);
}

TEST_F(ExtractiveAnswerer, TellsWhatIsNotReadToItsEnd) {
  Page page;
  page.number = 1;
  page.text = "Pets are welcome.";
  DocumentInfo info;
  info.title = "Manual";
  info.pageCount = 40;
  const auto unfinished = library_->beginRevision(Sha256{}, 1, info);
  ASSERT_TRUE(unfinished) << unfinished.error().message;
  ASSERT_TRUE(library_->addPage(*unfinished, page));
  scope_ = {*unfinished};
  const Heard alone = ask("pets welcome");
  EXPECT_EQ(alone.text, kUnfinishedText);
  EXPECT_EQ(alone.finished->reading.documents, 0);
  EXPECT_EQ(alone.finished->reading.pagesUnread, 0);
  add(lease());
  const ReadingReport beside = ask("pets welcome").finished->reading;
  EXPECT_EQ(beside.documents, 1);
  EXPECT_EQ(beside.unfinished, 1);
  EXPECT_EQ(beside.unfinishedRead, 1);
  EXPECT_EQ(beside.unfinishedPages, 40);
}

TEST_F(ExtractiveAnswerer, LooksOnlyWhereItWasAskedTo) {
  add(lease());
  scope_.clear();
  add(DocumentBuilder("Recipe").paragraph("Boil the rice in salted water."));
  EXPECT_FALSE(ask("May the tenant sublet the flat?").finished->found);
  EXPECT_EQ(ask("rice water").claims.at(0).citations.at(0).revision, scope_[0]);
  scope_.clear();
  EXPECT_EQ(ask("rice water").failed->code, ErrorCode::Usage);
  scope_ = {RevisionId{12345}};
  EXPECT_EQ(ask("rice water").failed->code, ErrorCode::NotFound);
}

TEST_F(ExtractiveAnswerer, StopsWhenAskedTo) {
  add(lease());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(ask("notice lease", stop.get_token()).failed->code, ErrorCode::Cancelled);
}

TEST_F(ExtractiveAnswerer, DoesNotQuoteATableOfContents) {
  add(DocumentBuilder("Contents")
          .paragraph("4.6.4 Securing the root password . . . . . . . . . . . . . 92")
          .newPage()
          .paragraph("Whoever knows the root password owns the machine."));
  const Heard heard = ask("securing the root password");
  ASSERT_FALSE(heard.claims.empty());
  EXPECT_EQ(claimText(heard, 0), "Whoever knows the root password owns the machine.");
}

TEST_F(ExtractiveAnswerer, QuotesASentenceOnce) {
  DocumentBuilder document("Twice");
  document.paragraph("The gate closes at nine.").newPage().paragraph("The gate closes at nine.");
  add(document);
  EXPECT_EQ(ask("gate closes").claims.size(), 1U);
}

TEST_F(ExtractiveAnswerer, CitesASentenceThatGoesOverAPageInTwoPlaces) {
  DocumentBuilder document("Long way");
  document
      .paragraph("The walk begins at the station. From the old mill the path follows the narrow")
      .newPage()
      .paragraph("river until the chapel of Saint Anne. There it ends.");
  add(document);
  const Heard heard = ask("path from the mill along the river to the chapel of Saint Anne");
  ASSERT_FALSE(heard.claims.empty());
  EXPECT_EQ(claimText(heard, 0),
            "From the old mill the path follows the narrow river until the chapel of Saint Anne.");
  ASSERT_EQ(heard.claims[0].citations.size(), 2U);
  EXPECT_EQ(heard.claims[0].citations[0].page, 1);
  EXPECT_EQ(heard.claims[0].citations[1].page, 2);
}

TEST_F(ExtractiveAnswerer, AnswersInHebrewAndArabic) {
  add(DocumentBuilder("חוזה").paragraph(
      "החוזה נחתם בשנת 1998 בין הצדדים. השוכר משלם את דמי השכירות בכל חודש."));
  add(DocumentBuilder("عقد").paragraph(
      "وقع الطرفان العقد في سنة 1998. يدفع المستأجر الإيجار كل شهر."));
  const Heard hebrew = ask("מתי נחתם חוזה?");
  ASSERT_FALSE(hebrew.claims.empty());
  EXPECT_EQ(claimText(hebrew, 0), "החוזה נחתם בשנת 1998 בין הצדדים.");
  const Heard arabic = ask("متى وقع الطرفان العقد؟");
  ASSERT_FALSE(arabic.claims.empty());
  EXPECT_THAT(claimText(arabic, 0), HasSubstr("1998"));
}

}  // namespace
}  // namespace lectern
