// SPDX-License-Identifier: GPL-3.0-or-later
// Conversations as a person uses them: gone on with, opened again, found, renamed, deleted, had
// back; and what can be done with an answer.
#include "app/gui/talks.h"

#include "app/gui/engine_part.h"
#include "app/gui/places.h"
#include "app/gui/views/conversation_list.h"
#include "app/gui/views/reader_pane.h"
#include "app/gui/widgets/chip_popover.h"
#include "core/answer/citation_resolver.h"
#include "tests/app/gui/looks.h"
#include "tests/app/gui/window_fixture.h"

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QLayout>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>

#include <algorithm>
#include <ctime>

namespace lectern::gui {
namespace {

class TalksTest : public WindowFixture {
 protected:
  [[nodiscard]] ConversationModel* talks() const { return window->conversations()->model(); }
  [[nodiscard]] int talkCount() const { return talks()->rowCount({}); }
  [[nodiscard]] QString title(int row) const {
    return talks()->index(row).data(Qt::EditRole).toString();
  }
  [[nodiscard]] std::vector<AnswerView*> answers() const {
    std::vector<AnswerView*> all;
    for (auto* view : window->conversation()->findChildren<AnswerView*>()) all.push_back(view);
    std::ranges::sort(
        all, {}, [](AnswerView* view) { return view->parentWidget()->layout()->indexOf(view); });
    return all;
  }
  [[nodiscard]] QStringList questions() const {
    QStringList all;
    for (const AnswerView* answer : answers()) all << answer->question();
    return all;
  }

  void addWell() { add(folder.write("well.txt", "The well is nine metres deep.\n")); }
  void askAndStore(const QString& question) {
    askByKeyboard(question);
    ASSERT_TRUE(until([&] { return window->talks()->current().has_value(); }));
    ASSERT_TRUE(until([&] { return talks()->indexOf(*window->talks()->current()).isValid(); }));
  }
  void clickTalk(int row) {
    QListView* view = window->conversations()->view();
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {},
                      view->visualRect(talks()->index(row)).center());
  }
  void press(const QString& button) {
    for (QPushButton* one : window->jobs()->findChildren<QPushButton*>()) {
      if (one->text() == button && one->isVisible()) return one->click();
    }
    FAIL() << "there is no button " << button.toStdString();
  }
  [[nodiscard]] QString body(const AnswerView* answer) const {
    return answer->body()->toPlainText();
  }
};

TEST_F(TalksTest, AConversationIsThereAgainAsItWas) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  askAndStore(QStringLiteral("How long is the notice period?"));
  askByKeyboard(QStringLiteral("Which violin concerto did the plumber compose?"));
  ASSERT_TRUE(until([&] {
    return talks()->index(0).data(Qt::ToolTipRole).toString().contains(QLatin1Char('4'));
  }));
  EXPECT_EQ(talkCount(), 1);
  const QString found = body(answers().at(0));
  const QString notFound = body(answers().at(1));
  const size_t shown = answers().at(0)->answer().citations().size();
  const size_t near = answers().at(1)->answer().citations().size();

  window->close();
  open();
  ASSERT_TRUE(until([&] { return answers().size() == 2; }));
  EXPECT_EQ(body(answers().at(0)), found);
  EXPECT_EQ(body(answers().at(1)), notFound);
  EXPECT_EQ(answers().at(1)->answer().citations().size(), near);
  EXPECT_EQ(answers().at(0)->answer().citations().size(), shown);
  ASSERT_TRUE(until([&] { return window->reader()->document() != nullptr; }));

  // Its chips lead where they led, and F8 goes through them.
  QTest::qWait(50);
  clickLink(answers().at(0), QStringLiteral("cite:0"));
  ASSERT_TRUE(until([&] { return !window->reader()->evidenceInView().isEmpty(); }));
  EXPECT_EQ(window->reader()->currentPage(), answers().at(0)->answer().citations().front().page);
  QTest::keyClick(window.get(), Qt::Key_F8);
  EXPECT_FALSE(window->reader()->evidenceInView().isEmpty());

  // And it is gone on with.
  askByKeyboard(QStringLiteral("Who pays for repairs?"));
  ASSERT_TRUE(until([&] {
    return talks()->index(0).data(Qt::ToolTipRole).toString().contains(QLatin1Char('6'));
  }));
  EXPECT_EQ(talkCount(), 1);
}

TEST_F(TalksTest, F8StepsThroughAConversationThatWasJustOpened) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  askAndStore(QStringLiteral("How long is the notice period?"));
  window->close();
  open();
  ASSERT_TRUE(until([&] { return window->conversation()->lastAnswer() != nullptr; }));
  ASSERT_TRUE(until([&] { return window->reader()->document() != nullptr; }));
  QTest::keyClick(window.get(), Qt::Key_F8);
  EXPECT_TRUE(until([&] { return !window->reader()->evidenceInView().isEmpty(); }));
}

TEST_F(TalksTest, ANewConversationIsBegunAndTheOtherOpenedAgain) {
  addWell();
  askAndStore(QStringLiteral("How deep is the well?"));
  QTest::keyClick(window.get(), Qt::Key_N, Qt::ControlModifier);
  EXPECT_TRUE(answers().empty());
  EXPECT_TRUE(window->conversation()->questionBox()->hasFocus());
  askAndStore(QStringLiteral("What is nine metres deep?"));
  ASSERT_EQ(talkCount(), 2);
  EXPECT_EQ(title(0), QStringLiteral("What is nine metres deep?"));
  EXPECT_EQ(window->conversations()->view()->currentIndex().row(), 0);
  clickTalk(1);
  ASSERT_TRUE(
      until([&] { return questions() == QStringList{QStringLiteral("How deep is the well?")}; }));
  clickTalk(0);
  ASSERT_TRUE(until(
      [&] { return questions() == QStringList{QStringLiteral("What is nine metres deep?")}; }));
}

TEST_F(TalksTest, TwoQuicklyAskedQuestionsAreOneConversation) {
  addWell();
  window->ask(QStringLiteral("How deep is the well?"));
  window->ask(QStringLiteral("What is nine metres deep?"));
  ASSERT_TRUE(until([&] {
    return talkCount() == 1 &&
           talks()->index(0).data(Qt::ToolTipRole).toString().contains(QLatin1Char('4'));
  }));
  EXPECT_EQ(answers().size(), 2U);
}

TEST_F(TalksTest, AnAnswerFindsItsConversationThoughAnotherIsShown) {
  addWell();
  askAndStore(QStringLiteral("How deep is the well?"));
  window->ask(QStringLiteral("What is nine metres deep?"));
  QTest::keyClick(window.get(), Qt::Key_N, Qt::ControlModifier);
  clickTalk(0);
  ASSERT_TRUE(until([&] { return answers().size() == 2; }));
  EXPECT_EQ(talkCount(), 1);
}

TEST_F(TalksTest, AConversationThatIsOpenedTwiceInHasteIsShownOnce) {
  addWell();
  askAndStore(QStringLiteral("How deep is the well?"));
  const QSignalSpy opened(window->bridge(), &DeskBridge::conversationOpened);
  for (int i = 0; i < 2; ++i) {
    QTest::keyClick(window.get(), Qt::Key_N, Qt::ControlModifier);
    clickTalk(0);
  }
  ASSERT_TRUE(until([&] { return opened.count() == 2; }));
  EXPECT_EQ(answers().size(), 1U);
}

TEST_F(TalksTest, IsRenamedInItsPlace) {
  addWell();
  askAndStore(QStringLiteral("How deep is the well?"));
  QListView* view = window->conversations()->view();
  view->setFocus();
  view->setCurrentIndex(talks()->index(0));
  QTest::keyClick(view, Qt::Key_F2);
  auto* editor = view->findChild<QLineEdit*>();
  ASSERT_NE(editor, nullptr);
  editor->selectAll();
  QTest::keyClicks(editor, QStringLiteral("Depths"));
  QTest::keyClick(editor, Qt::Key_Return);
  EXPECT_TRUE(until([&] { return title(0) == QStringLiteral("Depths"); }));
}

TEST_F(TalksTest, DeletingCanBeUndone) {
  addWell();
  askAndStore(QStringLiteral("How deep is the well?"));
  QListView* view = window->conversations()->view();
  view->setFocus();
  QTest::keyClick(view, Qt::Key_Delete);
  EXPECT_EQ(talkCount(), 0);
  EXPECT_TRUE(answers().empty());
  press(QStringLiteral("Undo"));
  EXPECT_EQ(talkCount(), 1);
  ASSERT_TRUE(until([&] { return answers().size() == 1; })) << "it is shown again";

  view->setCurrentIndex(talks()->index(0));
  view->setFocus();
  QTest::keyClick(view, Qt::Key_Delete);
  EXPECT_EQ(talkCount(), 0);
  open();
  ASSERT_TRUE(until([&] { return documents() == 1; }));
  EXPECT_EQ(talkCount(), 0) << "closing the window is the end of the undo";
}

TEST_F(TalksTest, IsFoundByTheWordsOfItsAnswers) {
  addWell();
  add(folder.write("tower.txt", "The tower has forty steps.\n"));
  askAndStore(QStringLiteral("How deep is the well?"));
  QTest::keyClick(window.get(), Qt::Key_N, Qt::ControlModifier);
  window->libraryView()->setCurrentIndex(window->library()->index(0, 0, {}));
  askAndStore(QStringLiteral("How many steps has the tower?"));
  ASSERT_EQ(talkCount(), 2);
  QLineEdit* filter = window->conversations()->filter();
  QTest::keyClicks(filter, QStringLiteral("metr"));
  ASSERT_TRUE(until([&] { return talkCount() == 1; }));
  EXPECT_EQ(title(0), QStringLiteral("How deep is the well?"));
  EXPECT_TRUE(talks()->index(0).data().toString().contains(QStringLiteral("nine metres")));
  QTest::keyClicks(filter, QStringLiteral("xyz"));
  ASSERT_TRUE(until([&] { return talkCount() == 0; }));
  filter->clear();
  EXPECT_EQ(talkCount(), 2);
}

TEST_F(TalksTest, AsksAgainAndEditsTheLastQuestion) {
  addWell();
  askAndStore(QStringLiteral("How deep is the well?"));
  QTest::keyClick(window.get(), Qt::Key_R, Qt::ControlModifier);
  ASSERT_TRUE(
      until([&] { return answers().size() == 2 && !window->conversation()->isAnswering(); }));
  EXPECT_EQ(questions().at(1), QStringLiteral("How deep is the well?"));
  QPlainTextEdit* box = window->conversation()->questionBox();
  box->setFocus();
  QTest::keyClick(box, Qt::Key_Up);
  EXPECT_EQ(box->toPlainText(), QStringLiteral("How deep is the well?"));
  QTest::keyClick(box, Qt::Key_Up);
  EXPECT_EQ(box->toPlainText(), QStringLiteral("How deep is the well?"));
}

TEST_F(TalksTest, CopiesTheAnswerWithItsReferences) {
  addWell();
  askAndStore(QStringLiteral("How deep is the well?"));
  QTest::keyClick(window.get(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
  const QString copied = QApplication::clipboard()->text();
  EXPECT_TRUE(copied.contains(QStringLiteral("[1]")));
  EXPECT_TRUE(copied.contains(QStringLiteral("page 1: “The well is nine metres deep.”")))
      << copied.toStdString();
}

TEST_F(TalksTest, AChipTellsWhatStandsBehindIt) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  askAndStore(QStringLiteral("How long is the notice period?"));
  const AnswerView* answer = answers().front();
  QTextBrowser* text = answer->body();
  // By keyboard: Tab goes to the chip, Space into what it tells, Escape back, Return to the page.
  text->setFocus(Qt::TabFocusReason);
  QTest::keyClick(text, Qt::Key_Tab);
  ASSERT_TRUE(until([&] { return window->conversation()->popover() != nullptr; }));
  ChipPopover* popover = window->conversation()->popover();
  ASSERT_TRUE(popover->isVisible());
  EXPECT_TRUE(popover->text().contains(QStringLiteral("✓ These words stand")))
      << popover->text().toStdString();
  EXPECT_TRUE(popover->text().contains(QStringLiteral("three months")));
  EXPECT_TRUE(window->rect().contains(popover->geometry()));
  QTest::keyClick(text, Qt::Key_Space);
  auto* focused = qobject_cast<QPushButton*>(QApplication::focusWidget());
  ASSERT_NE(focused, nullptr);
  EXPECT_TRUE(popover->isAncestorOf(focused));
  QTest::keyClick(focused, Qt::Key_Escape);
  EXPECT_FALSE(popover->isVisible());
  EXPECT_TRUE(text->hasFocus());
  QTest::keyClick(text, Qt::Key_Space);
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Space);  // [Open]
  EXPECT_FALSE(popover->isVisible());
  EXPECT_TRUE(until([&] { return !window->reader()->evidenceInView().isEmpty(); }));
}

TEST_F(TalksTest, EvidenceGoesWithItsConversationAndItsDocument) {
  addWell();
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  window->libraryView()->setCurrentIndex(window->library()->index(0, 0, {}));
  const auto isSaid = [this] {
    for (const auto* label : window->readerPane()->findChildren<QLabel*>()) {
      if (label->text().startsWith(QStringLiteral("Evidence "))) return true;
    }
    return false;
  };
  askAndStore(QStringLiteral("How long is the notice period?"));
  clickLink(answers().front(), QStringLiteral("cite:0"));
  ASSERT_TRUE(until([&] { return !window->reader()->evidenceInView().isEmpty(); }));
  EXPECT_TRUE(isSaid());
  window->places()->visit(*window->library()->document(
      window->library()->index(0, 0, window->library()->index(0, 0, {}))));
  EXPECT_TRUE(until([&] { return !isSaid(); })) << "it is not in this one";
  QTest::keyClick(window.get(), Qt::Key_F8);
  ASSERT_TRUE(until([&] { return isSaid() && !window->reader()->evidenceInView().isEmpty(); }));
  QTest::keyClick(window.get(), Qt::Key_N, Qt::ControlModifier);
  EXPECT_FALSE(isSaid());
  EXPECT_TRUE(window->reader()->evidenceInView().isEmpty());
}

// The second button was cut, and the lower edge lay below the window.
TEST_F(TalksTest, WhatAChipTellsHasRoomWithLargeLetters) {
  const QFont usual = QApplication::font();
  QFont large = usual;
  large.setPointSize(16);
  QApplication::setFont(large);
  open();
  window->resize(900, 600);
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  for (const char* question : {"How long is the notice period?", "How much is the deposit?"}) {
    askAndStore(QString::fromLatin1(question));
    QTest::qWait(50);  // until it has its place
    QTextBrowser* text = window->conversation()->lastAnswer()->body();
    text->setFocus(Qt::TabFocusReason);
    QTest::keyClick(text, Qt::Key_Tab);
    ASSERT_TRUE(until([&] { return window->conversation()->popover() != nullptr; }));
    const ChipPopover* popover = window->conversation()->popover();
    ASSERT_TRUE(until([&] { return popover->isVisible(); }));
    EXPECT_TRUE(window->rect().contains(popover->geometry()));
    for (const auto* button : popover->findChildren<QPushButton*>()) {
      EXPECT_GE(button->width(), button->sizeHint().width()) << button->text().toStdString();
      EXPECT_TRUE(popover->rect().contains(button->geometry()));
    }
    for (const auto* label : popover->findChildren<QLabel*>()) {
      EXPECT_GE(label->height(), label->heightForWidth(label->width()));
    }
  }
  picture(window.get(), QStringLiteral("popover-large"));
  window.reset();
  QApplication::setFont(usual);
}

TEST_F(TalksTest, ANearestPassageNeverLooksProven) {
  addWell();
  askByKeyboard(QStringLiteral("How many metres is the ceiling of the cathedral in Rome?"));
  AnswerView* answer = window->conversation()->lastAnswer();
  ASSERT_FALSE(answer->answer().evidence().empty());
  EXPECT_TRUE(body(answer).contains(QStringLiteral("(1 ≈ ")));
  EXPECT_FALSE(body(answer).contains(QStringLiteral("✓")));
  answer->body()->setFocus(Qt::TabFocusReason);
  QTest::keyClick(answer->body(), Qt::Key_Tab);
  ASSERT_TRUE(until([&] { return window->conversation()->popover() != nullptr; }));
  EXPECT_TRUE(
      window->conversation()->popover()->text().contains(QStringLiteral("≈ Not an answer")));
}

TEST_F(TalksTest, AScreenReaderHearsEachSentenceOnceItIsWhole) {
  addWell();
  window->ask(QStringLiteral("How deep is the well?"));
  QSignalSpy heard(window->conversation()->lastAnswer(), &AnswerView::announced);
  ASSERT_TRUE(until([&] { return !window->conversation()->isAnswering(); }));
  ASSERT_EQ(heard.size(), 1);
  const QString sentence = heard[0][0].toString();
  EXPECT_TRUE(sentence.startsWith(QStringLiteral("The well is nine metres deep. Page 1. ✓")))
      << sentence.toStdString();
}

TEST_F(TalksTest, AScreenReaderHearsOnlyWhatItIsSetTo) {
  addWell();
  const auto heardWith = [this](const char* announcements) {
    window->engine()->preferences()->change({{"window.announcements", announcements}});
    window->ask(QStringLiteral("How deep is the well?"));
    const QSignalSpy heard(window->conversation()->lastAnswer(), &AnswerView::announced);
    EXPECT_TRUE(until([&] { return !window->conversation()->isAnswering(); }));
    QStringList sentences;
    for (const auto& one : heard) sentences << one[0].toString();
    return sentences;
  };
  const QStringList ends = heardWith("ends");
  ASSERT_EQ(ends.size(), 2);
  EXPECT_EQ(ends[0], QStringLiteral("The answer begins."));
  EXPECT_TRUE(ends[1].startsWith(QStringLiteral("Answered from your documents")));
  EXPECT_TRUE(heardWith("off").isEmpty());
  EXPECT_EQ(heardWith("sentences").size(), 1);
}

TEST_F(TalksTest, AScreenReaderHearsThatThereIsNoAnswer) {
  addWell();
  window->ask(QStringLiteral("Which violin concerto did the plumber compose?"));
  const QSignalSpy heard(window->conversation()->lastAnswer(), &AnswerView::announced);
  ASSERT_TRUE(until([&] { return !window->conversation()->isAnswering(); }));
  ASSERT_FALSE(heard.isEmpty());
  EXPECT_TRUE(heard.last()[0].toString().contains(QStringLiteral("not")))
      << heard.last()[0].toString().toStdString();
}

class SummaryTest : public TalksTest {
 protected:
  void SetUp() override {
    add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
    QTest::keyClick(window.get(), Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
    ASSERT_TRUE(until([&] {
      return window->conversation()->lastAnswer() != nullptr &&
             !window->conversation()->isAnswering();
    }));
  }
  [[nodiscard]] QStringList bodies() const {
    QStringList all;
    for (const AnswerView* answer : answers()) all << body(answer);
    return all;
  }
};

TEST_F(SummaryTest, IsAMessageASectionAndStays) {
  const std::vector<AnswerView*> sections = answers();
  ASSERT_GE(sections.size(), 5U);
  EXPECT_TRUE(sections.front()->question().startsWith(QStringLiteral("Summary of ")));
  for (const AnswerView* section : sections) {
    ASSERT_TRUE(section->answer().finished);
    EXPECT_TRUE(section->answer().isSection());
    EXPECT_FALSE(section->answer().citations().empty());
    EXPECT_FALSE(body(section).contains(QLatin1Char('#')));
    EXPECT_TRUE(answerHeader(section->answer()).startsWith(QStringLiteral("Section ")));
    EXPECT_EQ(section->question().isEmpty(), section != sections.front());
  }
  const QStringList told = bodies();
  ASSERT_TRUE(until([&] { return talkCount() == 1; }));
  EXPECT_TRUE(title(0).startsWith(QStringLiteral("Summary of "))) << title(0).toStdString();
  window->close();
  open();
  ASSERT_TRUE(until([&] { return answers().size() == sections.size(); }));
  EXPECT_EQ(bodies(), told);
}

TEST_F(SummaryTest, IsSteppedThroughAndCopiedWhole) {
  size_t citations = 0;
  for (const AnswerView* section : answers()) citations += section->answer().citations().size();
  const size_t ofFirst = answers().front()->answer().citations().size();
  for (size_t i = 0; i <= ofFirst; ++i) QTest::keyClick(window.get(), Qt::Key_F8);
  const Citation next = answers().at(1)->answer().citations().front();
  EXPECT_EQ(window->reader()->evidence().page, next.page);
  EXPECT_EQ(window->reader()->evidence().rects, next.rects);
  EXPECT_TRUE(window->reader()->evidence().name.contains(
      QStringLiteral("of %1").arg(QLocale().toString(static_cast<int>(citations)))));

  window->conversation()->copyAnswer();
  const QString copied = QApplication::clipboard()->text();
  for (const AnswerView* section : answers()) {
    EXPECT_TRUE(copied.contains(section->withReferences()));
  }
}

TEST_F(SummaryTest, ItsTitleIsNotAskedAsAQuestion) {
  const size_t sections = answers().size();
  QPlainTextEdit* box = window->conversation()->questionBox();
  box->setFocus();
  QTest::keyClick(box, Qt::Key_Up);
  EXPECT_TRUE(box->toPlainText().isEmpty());
  // Again is a summary again, in a conversation of its own.
  window->conversation()->askAgain();
  ASSERT_TRUE(until([&] {
    return talkCount() == 2 && !window->conversation()->isAnswering() &&
           answers().size() == sections;
  }));
}

int64_t threadCpuUs() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

// Two hundred messages, each answer with three quotations. What the window's thread does between
// two turns of its loop is measured in its own time, whatever else the machine does.
TEST_F(TalksTest, ALongConversationOpensWithoutHoldingUpTheWindow) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  window.reset();
  {
    const auto library =
        Library::open(folder.path() / "data", Library::OpenMode::ReadWrite).value();
    const RevisionId lease = library->revisions()->front().id;
    const auto segments = library->segments(lease, 0, 40).value();
    MessageRecord question;
    question.text = "What does the agreement say about this and that?";
    MessageRecord answer;
    answer.role = MessageRecord::Role::Assistant;
    answer.header = R"({"engine": "extractive", "found": true, "documents": 1})";
    for (const StoredSegment& segment : segments) {
      if (answer.claims.size() == 3) break;
      auto made = makeCitation(*library, lease, segment.segment.span, CitationMethod::Quote);
      if (!made) continue;
      Claim claim;
      claim.span.begin = static_cast<int64_t>(answer.text.size());
      answer.text += made->quote;
      claim.span.end = static_cast<int64_t>(answer.text.size());
      answer.text += "\n\n";
      claim.grade = Grade::Verbatim;
      claim.citations = {std::move(*made)};
      answer.claims.push_back(std::move(claim));
    }
    ASSERT_EQ(answer.claims.size(), 3U);
    const ConversationId talk =
        library->addExchange("Long", {lease}, question, answer)->conversation;
    for (int i = 1; i < 100; ++i) {
      ASSERT_TRUE(library->addExchange(talk, {lease}, question, answer));
    }
  }
  open();
  ASSERT_TRUE(until([&] { return answers().size() == 100 && window->conversation()->isWhole(); }));
  const ConversationId talk = *window->talks()->current();
  QTest::keyClick(window.get(), Qt::Key_N, Qt::ControlModifier);
  QTest::qWait(50);

  int64_t longest = 0;
  const auto turn = [&] {
    const int64_t before = threadCpuUs();
    QCoreApplication::processEvents();
    longest = std::max(longest, threadCpuUs() - before);
  };
  window->talks()->open(talk);
  while (answers().size() < 100 || !window->conversation()->isWhole()) turn();
  for (int i = 0; i < 20; ++i) turn();
  RecordProperty("longestTurnUs", static_cast<int>(longest));
  EXPECT_LT(longest, 50'000);
  // What was said last is in view.
  const AnswerView* newest = window->conversation()->lastAnswer();
  EXPECT_FALSE(newest->visibleRegion().isEmpty());
}

}  // namespace
}  // namespace lectern::gui
