// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/answer_text.h"

#include <QTextBlock>

#include <gtest/gtest.h>

namespace lectern::gui {
namespace {

Citation citation(int page, CitationMethod method) {
  Citation result;
  result.page = page;
  result.method = method;
  result.quote = "the words";
  return result;
}

void say(Answer& answer,
         const std::string& sentence,
         Grade grade,
         const std::vector<Citation>& citations) {
  const auto begin = static_cast<int64_t>(answer.text.size());
  answer.take(Text{sentence});
  Claim claim;
  claim.span = {begin, static_cast<int64_t>(answer.text.size())};
  claim.grade = grade;
  claim.citations = citations;
  answer.take(Cited{claim});
}

QString shown(const Answer& answer) {
  QTextDocument document;
  showAnswer(answer, QPalette(), document);
  return document.toPlainText();
}

/// Links and underlines, as "text→target" and "text~".
QStringList marks(const Answer& answer) {
  QTextDocument document;
  showAnswer(answer, QPalette(), document);
  QStringList found;
  for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
    for (auto part = block.begin(); !part.atEnd(); ++part) {
      const QTextFragment fragment = part.fragment();
      const QTextCharFormat format = fragment.charFormat();
      if (format.isAnchor()) {
        found << fragment.text() + QStringLiteral("→") + format.anchorHref();
      } else if (format.underlineStyle() == QTextCharFormat::DotLine) {
        found << fragment.text() + QLatin1Char('~');
      }
    }
  }
  return found;
}

TEST(AnswerText, PutsAChipBehindEachClaim) {
  Answer answer;
  say(answer, "Notice is three months.", Grade::Matched, {citation(47, CitationMethod::Align)});
  answer.take(Text{" "});
  say(answer, "It may be six weeks.", Grade::Related, {citation(3, CitationMethod::Align)});
  EXPECT_EQ(marks(answer), (QStringList{QStringLiteral("[1\u00a0✓\u00a0p.\u00a047]→cite:0"),
                                        QStringLiteral("(2\u00a0≈\u00a0p.\u00a03)→cite:1")}));
}

TEST(AnswerText, ShowsWordsCutFromADocumentAsTheyAre) {
  Answer answer;
  say(answer, "# *Set* `LANG=C` & <b>run</b> [it](x) 1. \\n", Grade::Verbatim,
      {citation(1, CitationMethod::Quote)});
  EXPECT_TRUE(
      shown(answer).startsWith(QStringLiteral("“# *Set* `LANG=C` & <b>run</b> [it](x) 1. \\n”")))
      << shown(answer).toStdString();
}

TEST(AnswerText, RendersMarkdownThatAModelWrote) {
  Answer answer;
  say(answer, "It is **three** months.", Grade::Matched, {citation(1, CitationMethod::Align)});
  EXPECT_TRUE(shown(answer).startsWith(QStringLiteral("It is three months.")));
}

TEST(AnswerText, NeverRunsMarkupOfAModel) {
  Answer answer;
  answer.take(Text{"<img src=\"file:///etc/passwd\"> <b>x</b>"});
  EXPECT_TRUE(shown(answer).contains(QStringLiteral("<b>")));
}

TEST(AnswerText, TakesNoLinkOfAModelForACitation) {
  Answer answer;
  say(answer, "It says so [1 ✓ p. 9](cite:0), <cite:-1> and \xEE\x80\x82[2](cite:1).",
      Grade::Uncited, {});
  for (const QString& mark : marks(answer)) {
    EXPECT_FALSE(mark.contains(QStringLiteral("→"))) << mark.toStdString();
  }
}

TEST(AnswerText, DrawsADottedLineUnderWhatNothingSupports) {
  Answer answer;
  say(answer, "The moon is cheese.", Grade::Uncited, {});
  EXPECT_EQ(marks(answer), QStringList{QStringLiteral("The moon is cheese.~")});
  EXPECT_EQ(shown(answer), QStringLiteral("The moon is cheese."));
}

TEST(AnswerText, MarksACitationWhoseFileHasChanged) {
  Citation moved = citation(9, CitationMethod::Quote);
  moved.status = CitationStatus::Moved;
  EXPECT_EQ(chipText(2, {moved, Grade::Verbatim}), QStringLiteral("(2 ↻ p. 9)"));
}

TEST(AnswerText, ListsTheNearestPassagesWhereNothingAnswers) {
  Answer answer;
  Finished finished;
  finished.found = false;
  finished.reading.pagesRead = 1;
  finished.nearest.push_back({citation(5, CitationMethod::Quote), "Lease"});
  answer.take(finished);
  EXPECT_TRUE(shown(answer).contains(QStringLiteral("the words (1 ≈ p. 5)")))
      << shown(answer).toStdString();
  EXPECT_TRUE(answerHeader(answer).startsWith(QStringLiteral("Not found")));
  EXPECT_EQ(answer.citations().size(), 1U);
}

// What is not proven must never look as if it were: neither its chip nor the words about it.
TEST(AnswerText, OnlyWhatIsProvenLooksSo) {
  for (const Grade grade : {Grade::Verbatim, Grade::Matched, Grade::Related}) {
    for (const CitationStatus status : {CitationStatus::Ok, CitationStatus::Moved,
                                        CitationStatus::Changed, CitationStatus::Missing}) {
      for (const bool nearest : {false, true}) {
        Evidence evidence{citation(1, CitationMethod::Align), grade, {}, nearest};
        evidence.citation.status = status;
        const bool proven = grade != Grade::Related && status == CitationStatus::Ok && !nearest;
        EXPECT_EQ(chipText(1, evidence).startsWith(QLatin1Char('[')), proven);
        EXPECT_EQ(chipText(1, evidence).contains(QStringLiteral("✓")), proven);
        EXPECT_EQ(verdictText(evidence).startsWith(QStringLiteral("✓")), proven);
      }
    }
  }
}

TEST(AnswerText, SaysWhichWordsAreMissing) {
  Evidence evidence{citation(1, CitationMethod::Align), Grade::Related, {"2019", "never"}, false};
  EXPECT_TRUE(verdictText(evidence).contains(QStringLiteral("2019")));
  EXPECT_TRUE(verdictText(evidence).contains(QStringLiteral("never")));
}

TEST(AnswerText, TellsHowFarADocumentIsReadThatWasNotSearched) {
  Answer answer;
  Finished finished;
  finished.reading.engine = "extractive";
  finished.reading.documents = 8;
  finished.reading.pagesRead = 312;
  finished.reading.unfinished = 1;
  finished.reading.unfinishedRead = 382;
  finished.reading.unfinishedPages = 2415;
  answer.take(finished);
  EXPECT_EQ(answerHeader(answer),
            QStringLiteral("Answered from your documents · 8 documents searched · 312 pages · 1 "
                           "document not searched yet, read up to page 382 of 2,415 · quotations "
                           "only, no model"));
}

TEST(AnswerText, SaysThatNothingWasSearchedWhereNoPageCouldBe) {
  Answer answer;
  Finished finished;
  finished.found = false;
  finished.reading.engine = "extractive";
  finished.reading.documents = 1;
  finished.reading.pagesUnread = 1;
  answer.take(finished);
  EXPECT_EQ(answerHeader(answer), QStringLiteral("Nothing was searched · 1 page could not be read "
                                                 "· quotations only, no model"));
}

TEST(AnswerText, CopiesMarkdownWithNumberedReferences) {
  Answer answer;
  say(answer, "Three *months*.", Grade::Verbatim, {citation(47, CitationMethod::Quote)});
  answer.take(Text{" "});
  say(answer, "It is **six weeks**.", Grade::Related, {citation(3, CitationMethod::Align)});
  answer.take(Text{" "});
  say(answer, "The moon is cheese.", Grade::Uncited, {});
  const QString text =
      answerWithReferences(answer, [](RevisionId) { return QStringLiteral("lease.pdf"); });
  EXPECT_EQ(text, QStringLiteral("“Three \\*months\\*\\.” [1] It is **six weeks**. [2, not proven] "
                                 "The moon is cheese. [no source found]\n"
                                 "\n[1] \u2068lease.pdf\u2069, page 47: “the words”\n"
                                 "\n[2, not proven] \u2068lease.pdf\u2069, page 3: “the words”\n"));
}

TEST(AnswerText, CopiesTheNearestPassagesAsWhatTheyAre) {
  Answer answer;
  Finished finished;
  finished.found = false;
  finished.nearest.push_back({citation(5, CitationMethod::Quote), "Lease"});
  answer.take(finished);
  const QString text =
      answerWithReferences(answer, [](RevisionId) { return QStringLiteral("lease.pdf"); });
  EXPECT_TRUE(text.contains(QStringLiteral("the words [1, not proven]"))) << text.toStdString();
}

}  // namespace
}  // namespace lectern::gui
