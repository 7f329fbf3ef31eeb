// SPDX-License-Identifier: GPL-3.0-or-later
// The window as a person uses it: files are dropped, a question is typed, a chip is clicked, and
// the words on the page are marked.
#include "app/gui/widgets/welcome.h"
#include "tests/app/gui/mnemonics.h"
#include "tests/app/gui/window_fixture.h"

#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QPushButton>

#include <set>

namespace lectern::gui {
namespace {

using MainWindowTest = WindowFixture;

TEST_F(MainWindowTest, FromADroppedFileToTheMarkedWords) {
  dropOnReader(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  ASSERT_TRUE(until([&] { return window->reader()->document() != nullptr; }));
  ASSERT_TRUE(until([&] { return window->reader()->isSharp(); }));

  askByKeyboard(QStringLiteral("How long is the notice period?"));
  AnswerView* answer = window->conversation()->lastAnswer();
  ASSERT_TRUE(answer->answer().finished && answer->answer().finished->found);
  EXPECT_TRUE(answer->body()->toPlainText().contains(QStringLiteral("three months")))
      << answer->body()->toPlainText().toStdString();

  ReaderView* reader = window->reader();
  clickLink(answer, QStringLiteral("cite:0"));
  const Citation citation = answer->answer().citations().front();
  EXPECT_EQ(reader->currentPage(), citation.page);
  ASSERT_TRUE(until([&] { return reader->isSharp(); }));
  const QRect marked = reader->evidenceInView();
  ASSERT_TRUE(reader->viewport()->rect().contains(marked.center()));
  // The marker's colour lies on the words: less blue than red, where the page is white elsewhere.
  const QImage shot = reader->viewport()->grab().toImage();
  int yellow = 0;
  for (int x = marked.left(); x <= marked.right(); ++x) {
    // Not in the middle, where the gap between two lines may be.
    const QColor pixel = shot.pixelColor(x, marked.top() + marked.height() / 4);
    if (pixel.red() > pixel.blue() + 40) ++yellow;
  }
  EXPECT_GT(yellow, marked.width() / 2);

  QTest::keyClick(window.get(), Qt::Key_Left, Qt::AltModifier);
  EXPECT_EQ(reader->currentPage(), 1);
}

TEST_F(MainWindowTest, SaysWhatTheDocumentsDoNotSay) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  askByKeyboard(QStringLiteral("Which violin concerto did the plumber compose?"));
  const Answer& answer = window->conversation()->lastAnswer()->answer();
  ASSERT_TRUE(answer.finished);
  EXPECT_FALSE(answer.finished->found);
}

TEST_F(MainWindowTest, AFileThatCannotBeReadGetsARowThatCanBeDismissed) {
  window->addFiles({"/nowhere/lease.pdf"});
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 1; }));
  ASSERT_TRUE(until([&] {
    for (QPushButton* button : window->jobs()->findChildren<QPushButton*>()) {
      if (button->isVisible() && button->text() == QStringLiteral("Dismiss")) return true;
    }
    return false;
  }));
  for (QPushButton* button : window->jobs()->findChildren<QPushButton*>()) {
    if (button->text() == QStringLiteral("Dismiss")) button->click();
  }
  EXPECT_EQ(window->jobs()->rowCount(), 0);
}

TEST_F(MainWindowTest, ALockedFileOpensWithItsPassword) {
  const auto file = test::sample("pdf/encrypted-aes256.pdf");
  if (!file) GTEST_SKIP() << "encrypted-aes256.pdf is not there (LECTERN_SAMPLES)";
  window->addFiles({*file});
  QLineEdit* field = nullptr;
  ASSERT_TRUE(until([&] {
    for (QLineEdit* edit : window->jobs()->findChildren<QLineEdit*>()) {
      if (edit->isVisible()) field = edit;
    }
    return field != nullptr;
  }));
  for (const QLabel* label : window->jobs()->findChildren<QLabel*>()) {
    EXPECT_FALSE(label->text().contains(QStringLiteral("--"))) << "that is the command line's";
  }
  QTest::keyClicks(field, QStringLiteral("lectern-user"));
  QTest::keyClick(field, Qt::Key_Return);
  EXPECT_TRUE(until([&] { return documents() == 1 && window->jobs()->rowCount() == 0; }));
}

TEST_F(MainWindowTest, TakingOffCanBeUndone) {
  add(folder.write("a.txt", "The well is nine metres deep.\n"));
  QTreeView* tree = window->libraryView();
  tree->setFocus();
  tree->setCurrentIndex(window->library()->index(0, 0, window->library()->index(0, 0, {})));
  QTest::keyClick(tree, Qt::Key_Delete);
  EXPECT_EQ(documents(), 0);
  for (QPushButton* button : window->jobs()->findChildren<QPushButton*>()) {
    if (button->text() == QStringLiteral("Undo")) button->click();
  }
  EXPECT_EQ(documents(), 1);
  QTest::keyClick(tree, Qt::Key_Home);
  tree->setCurrentIndex(window->library()->index(0, 0, window->library()->index(0, 0, {})));
  QTest::keyClick(tree, Qt::Key_Delete);
  open();
  EXPECT_TRUE(until([&] { return window->library()->rowCount({}) == 1; }));
  EXPECT_EQ(documents(), 0) << "closing the window is the end of the undo";
}

// A document that an answer cites keeps its number when it is taken off; it stayed hidden when it
// came again, and questions passed it over.
TEST_F(MainWindowTest, WhatIsAddedAgainIsThereAgain) {
  const auto file = folder.write("a.txt", "The well is nine metres deep.\n");
  add(file);
  askByKeyboard(QStringLiteral("How deep is the well?"));
  const auto takeOff = [this] {
    QTreeView* tree = window->libraryView();
    tree->setFocus();
    tree->setCurrentIndex(window->library()->index(0, 0, window->library()->index(0, 0, {})));
    QTest::keyClick(tree, Qt::Key_Delete);
    EXPECT_EQ(documents(), 0);
  };
  const auto addAgain = [&] {
    window->addFiles({file});
    EXPECT_TRUE(until([&] { return documents() == 1; }));
  };
  takeOff();
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 0; })) << "the undo is over";
  addAgain();
  window->libraryView()->setCurrentIndex(window->library()->index(0, 0, {}));
  askByKeyboard(QStringLiteral("How deep is the well?"));
  EXPECT_TRUE(window->conversation()->lastAnswer()->answer().finished->found);

  // Added again while it could be had back, it is not taken off behind the user's back.
  takeOff();
  addAgain();
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 0; }));
  QTest::qWait(100);
  EXPECT_EQ(documents(), 1);
  open();
  EXPECT_TRUE(until([&] { return documents() == 1; }));
}

TEST_F(MainWindowTest, TakingOffIsUndoneByKeyAndTheSelectionIsBack) {
  add(folder.write("a.txt", "The well is nine metres deep.\n"));
  add(folder.write("b.txt", "The tower has forty steps.\n"));
  QTreeView* tree = window->libraryView();
  tree->setFocus();
  const QModelIndex all = window->library()->index(0, 0, {});
  tree->setCurrentIndex(window->library()->index(1, 0, all));
  QTest::keyClick(tree, Qt::Key_Z, Qt::ControlModifier);
  EXPECT_EQ(documents(), 2) << "there is nothing to undo";
  QTest::keyClick(tree, Qt::Key_Delete);
  ASSERT_EQ(documents(), 1);
  QTest::keyClick(tree, Qt::Key_Z, Qt::ControlModifier);
  EXPECT_EQ(documents(), 2);
  EXPECT_EQ(window->jobs()->rowCount(), 0);
  EXPECT_EQ(tree->currentIndex(), window->library()->index(1, 0, all));
  EXPECT_EQ(tree->selectionModel()->selectedIndexes().size(), 1);
}

TEST_F(MainWindowTest, OpensAgainAsItWasLeft) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  window->reader()->goToPage(3);
  const int page = window->reader()->currentPage();
  window->close();
  open();
  ASSERT_TRUE(until([&] { return window->reader()->document() != nullptr; }));
  EXPECT_EQ(window->reader()->currentPage(), page);
}

TEST_F(MainWindowTest, EveryControlHasANameAndCanBeReached) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  askByKeyboard(QStringLiteral("How long is the notice period?"));
  for (const QWidget* widget : window->findChildren<QWidget*>()) {
    if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible()) continue;
    const auto* button = qobject_cast<const QPushButton*>(widget);
    const bool named =
        !widget->accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty());
    const QString type = QString::fromLatin1(widget->metaObject()->className());
    // Parts that Qt makes inside its own controls answer for those.
    const bool inside = widget->objectName().startsWith(QStringLiteral("qt_"));
    EXPECT_TRUE(named || inside) << type.toStdString() << ' ' << widget->objectName().toStdString();
  }
}

// Alt+F did not open the menu of files: a button of the first window had the same letter.
TEST_F(MainWindowTest, EachLetterOpensOneThing) {
  const QList<QAction*> menus = window->menuBar()->actions();
  const auto letters = [&] {
    QStringList texts = textsWithLetters(*window);
    for (const QAction* menu : menus) texts << menu->text();
    return texts;
  };
  ASSERT_TRUE(until([&] { return window->findChild<Welcome*>()->isVisible(); }));
  expectNoClash(letters());
  add(folder.write("a.txt", "The well is nine metres deep.\n"));
  QTest::keyClick(window.get(), Qt::Key_F, Qt::ControlModifier);
  askByKeyboard(QStringLiteral("How deep is the well?"));
  window->addFiles({"/nowhere/lease.pdf"});
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 1; }));
  expectNoClash(letters());
  for (const QAction* menu : menus) {
    QStringList texts;
    for (const QAction* action : menu->menu()->actions()) texts << action->text();
    expectNoClash(texts);
  }
}

TEST_F(MainWindowTest, AltAndALetterOpenAMenuOfTheFirstWindow) {
  ASSERT_TRUE(until([&] { return window->findChild<Welcome*>()->isVisible(); }));
  QMenu* file = window->menuBar()->actions().front()->menu();
  QTest::keyClick(window.get(), Qt::Key_F, Qt::AltModifier);
  EXPECT_TRUE(until([&] { return file->isVisible(); }));
  file->close();
}

TEST_F(MainWindowTest, TabComesToEveryControl) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  askByKeyboard(QStringLiteral("How long is the notice period?"));
  std::set<const QWidget*> reached;
  for (int presses = 0; presses < 100; ++presses) {
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    reached.insert(QApplication::focusWidget());
  }
  for (const QWidget* widget : window->findChildren<QWidget*>()) {
    if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || !widget->isEnabled() ||
        widget->focusProxy() != nullptr) {
      continue;
    }
    EXPECT_TRUE(reached.contains(widget))
        << widget->metaObject()->className() << ' ' << widget->accessibleName().toStdString();
  }
}

}  // namespace
}  // namespace lectern::gui
