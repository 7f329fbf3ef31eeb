// SPDX-License-Identifier: GPL-3.0-or-later
// What happens in the window to documents that were added: who reads goes on reading.
#include "app/gui/adding.h"

#include "app/gui/places.h"
#include "app/gui/views/reader_pane.h"
#include "app/gui/widgets/open_offer.h"
#include "core/answer/scope.h"
#include "tests/app/gui/window_fixture.h"

#include <QAction>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace lectern::gui {
namespace {

class AddingTest : public WindowFixture {
 protected:
  std::filesystem::path well() {
    return folder.write("well.txt", "The well is nine metres deep.\n");
  }
  std::filesystem::path tower() {
    return folder.write("tower.txt", "The tower has forty steps.\n");
  }
  /// Its reading takes a while.
  std::filesystem::path longText() {
    std::string text;
    for (int i = 0; i < 30'000; ++i) {
      text += "Berth " + std::to_string(i) + " of the harbour is let by the day.\n\n";
    }
    return folder.write("long.txt", text);
  }
  [[nodiscard]] QAction* action(const QString& text) const {
    for (QAction* one : window->findChildren<QAction*>()) {
      if (one->text() == text) return one;
    }
    return nullptr;
  }
  [[nodiscard]] OpenOffer* offer() const { return window->adding()->offer(); }
  [[nodiscard]] QString shown() const {
    const auto& document = window->reader()->document();
    return document == nullptr ? QString() : toQt(document->info.document.title);
  }
};

TEST_F(AddingTest, ADocumentOpensWhereNothingIsRead) {
  window->adding()->add({well(), tower()}, AfterAdding::Offer);
  ASSERT_TRUE(until([&] { return documents() == 2 && offer()->isVisible(); }));
  EXPECT_EQ(shown(), QStringLiteral("well.txt"));
  EXPECT_TRUE(offer()->accessibleName().contains(QStringLiteral("tower.txt")));
}

TEST_F(AddingTest, WhatIsReadStaysAndTheOtherIsOffered) {
  add(well());
  EXPECT_FALSE(offer()->isVisible());
  window->adding()->add({tower()}, AfterAdding::Offer);
  ASSERT_TRUE(until([&] { return documents() == 2 && offer()->isVisible(); }));
  EXPECT_EQ(shown(), QStringLiteral("well.txt"));
  QTest::mouseClick(offer(), Qt::LeftButton);
  ASSERT_TRUE(until([&] { return shown() == QStringLiteral("tower.txt"); }));
  EXPECT_FALSE(offer()->isVisible());
  QTest::keyClick(window.get(), Qt::Key_Left, Qt::AltModifier);
  EXPECT_TRUE(until([&] { return shown() == QStringLiteral("well.txt"); }));
}

TEST_F(AddingTest, AFileThatIsThereAlreadyIsOfferedToo) {
  add(well());
  add(tower());
  window->adding()->add({well()}, AfterAdding::Offer);
  ASSERT_TRUE(until([&] { return offer()->isVisible(); }));
  EXPECT_EQ(shown(), QStringLiteral("tower.txt"));
}

TEST_F(AddingTest, WhatIsAskedForByNameOpensOverWhatIsRead) {
  add(tower());
  window->addFiles({well(), folder.write("wall.txt", "The wall is dry.\n")});
  ASSERT_TRUE(until([&] { return documents() == 3; }));
  ASSERT_TRUE(until([&] { return shown() == QStringLiteral("well.txt"); }));
  ASSERT_TRUE(until([&] { return offer()->isVisible(); }));
  EXPECT_EQ(shown(), QStringLiteral("well.txt"));
}

TEST_F(AddingTest, WhatIsAddedToBeAskedIsWhatTheQuestionIsAbout) {
  add(well());
  window->adding()->add({tower()}, AfterAdding::Ask);
  ASSERT_TRUE(until([&] { return window->conversation()->questionBox()->hasFocus(); }));
  EXPECT_EQ(shown(), QStringLiteral("well.txt"));
  askByKeyboard(QStringLiteral("How deep is the well?"));
  const Answer& answer = window->conversation()->lastAnswer()->answer();
  EXPECT_FALSE(answer.finished->found) << "the well is not what was asked about";
  EXPECT_EQ(answer.finished->reading.documents, 1);
}

TEST_F(AddingTest, AllThatIsAddedToBeSummarisedIsSummarised) {
  window->adding()->add({well(), tower()}, AfterAdding::Summarise);
  ASSERT_TRUE(until([&] {
    return window->conversation()->lastAnswer() != nullptr &&
           !window->conversation()->isAnswering();
  }));
  const QString title = window->conversation()->findChildren<AnswerView*>().front()->question();
  EXPECT_EQ(title, QStringLiteral("Summary of 2 documents"));
}

TEST_F(AddingTest, OfTwoDocumentsThatAreOpenedInHasteTheSecondIsShownAtItsPlace) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  const RevisionId lease = window->reader()->document()->info.id;
  add(well());
  ASSERT_TRUE(until([&] { return shown() == QStringLiteral("well.txt"); }));
  const RevisionId other = window->reader()->document()->info.id;
  const QSignalSpy arrived(window->bridge(), &DeskBridge::documentOpened);
  window->places()->open(other);
  window->places()->open(lease, ReaderPlace{lease, 3, 0});
  ASSERT_TRUE(until([&] { return arrived.count() == 2; }));
  EXPECT_EQ(window->reader()->document()->info.id, lease);
  EXPECT_GT(window->reader()->currentPage(), 1);
}

TEST_F(AddingTest, WhatWasBrokenOffIsShownAndIsReadOn) {
  add(well());
  const auto file = longText();
  std::optional<JobId> cancelled;
  QObject::connect(window->bridge(), &DeskBridge::jobChanged, window.get(), [&](const Job& job) {
    if (job.file != file || job.page == 0 || cancelled) return;
    cancelled = job.id;
    window->bridge()->desk().cancel(job.id);
  });
  window->adding()->add({file}, AfterAdding::Nothing);
  ASSERT_TRUE(until([&] { return cancelled && window->jobs()->rowCount() == 0; }));
  ASSERT_TRUE(until([&] { return documents() == 2; }));
  const QModelIndex row = window->library()->index(1, 0, window->library()->index(0, 0, {}));
  const RevisionId revision = *window->library()->document(row);
  ASSERT_TRUE(until([&] { return !window->library()->info(revision)->locations.empty(); }));
  ASSERT_FALSE(window->library()->info(revision)->sealed);

  window->libraryView()->setCurrentIndex(row);
  askByKeyboard(QStringLiteral("Which berth is let?"));
  const AnswerView* answer = window->conversation()->lastAnswer();
  EXPECT_TRUE(answerHeader(answer->answer()).contains(QStringLiteral("read up to page")));
  EXPECT_EQ(answer->answer().text, kUnfinishedText);

  QAction* readOn = action(QStringLiteral("Read &on"));
  ASSERT_NE(readOn, nullptr);
  ASSERT_TRUE(until([&] { return readOn->isEnabled(); }));
  readOn->trigger();
  ASSERT_TRUE(until([&] { return window->library()->info(revision)->sealed; }));
  ASSERT_TRUE(until([&] { return !readOn->isEnabled(); }));
  EXPECT_EQ(documents(), 2);
}

TEST_F(AddingTest, AnAnswerTellsOfADocumentThatIsBeingRead) {
  add(well());
  window->libraryView()->setCurrentIndex(window->library()->index(0, 0, {}));
  window->adding()->add({longText()}, AfterAdding::Nothing);
  ASSERT_TRUE(until([&] { return documents() == 2; }));
  askByKeyboard(QStringLiteral("How deep is the well?"));
  const Answer& answer = window->conversation()->lastAnswer()->answer();
  ASSERT_TRUE(answer.finished);
  EXPECT_EQ(answer.finished->reading.documents, 1);
  EXPECT_EQ(answer.finished->reading.unfinished, 1);
  EXPECT_TRUE(answerHeader(answer).contains(QStringLiteral("1 document not searched yet")));
}

// Forty of them once stood a row each over the whole window.
TEST_F(AddingTest, ManyFilesThatCannotBeReadTakeAQuarterOfTheWindow) {
  std::vector<std::filesystem::path> files;
  for (int i = 0; i < 20; ++i) {
    files.push_back(folder.write("empty" + std::to_string(i) + ".pdf", ""));
  }
  window->adding()->add(files, AfterAdding::Offer);
  const auto failed = [&] {
    int count = 0;
    for (const auto* one : window->jobs()->findChildren<QPushButton*>()) {
      if (one->isVisibleTo(window->jobs()) && one->text() == QStringLiteral("Try again")) ++count;
    }
    return count;
  };
  ASSERT_TRUE(until([&] { return failed() == 20; }));
  EXPECT_LE(window->jobs()->height(), window->height() / 4 + 1);
  const auto labels = window->jobs()->findChildren<QLabel*>();
  EXPECT_TRUE(std::ranges::any_of(labels, [](const QLabel* label) {
    return label->isVisible() && label->text() == QStringLiteral("⚠ 20 problems");
  }));

  window->adding()->add({files.front()}, AfterAdding::Offer);
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 20 && failed() == 20; }));
  for (auto* one : window->jobs()->findChildren<QPushButton*>()) {
    if (one->text() == QStringLiteral("Dismiss all")) QTest::mouseClick(one, Qt::LeftButton);
  }
  EXPECT_EQ(window->jobs()->rowCount(), 0);
  EXPECT_FALSE(window->jobs()->isVisible());
}

TEST_F(AddingTest, ADocumentThatIsGoneLeavesTheReaderFree) {
  window->places()->open(RevisionId{99});
  EXPECT_TRUE(window->places()->isReading());
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 1; }));
  ASSERT_TRUE(until([&] { return !window->places()->isReading(); }));
}

}  // namespace
}  // namespace lectern::gui
