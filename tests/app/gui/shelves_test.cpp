// SPDX-License-Identifier: GPL-3.0-or-later
// Shelves as a person uses them: made, named, filled, asked, taken away and had back.
#include "app/gui/shelves.h"

#include "app/gui/views/conversation_list.h"
#include "tests/app/gui/looks.h"
#include "tests/app/gui/window_fixture.h"

#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPushButton>

#include <memory>

namespace lectern::gui {
namespace {

class ShelvesTest : public WindowFixture {
 protected:
  void SetUp() override {
    add(folder.write("well.txt", "The well is nine metres deep.\n"));
    add(folder.write("tower.txt", "The tower has forty steps.\n"));
  }

  [[nodiscard]] LibraryModel* library() const { return window->library(); }
  [[nodiscard]] QTreeView* tree() const { return window->libraryView(); }
  [[nodiscard]] QModelIndex group(int row) const { return library()->index(row, 0, {}); }
  [[nodiscard]] QModelIndex document(int groupRow, int row) const {
    return library()->index(row, 0, group(groupRow));
  }
  [[nodiscard]] int shelves() const { return library()->rowCount({}) - 1; }
  [[nodiscard]] QStringList onShelf() const {
    QStringList titles;
    for (int row = 0; row < library()->rowCount(group(1)); ++row) {
      titles << document(1, row).data(Qt::AccessibleTextRole).toString();
    }
    return titles;
  }
  void select(const std::vector<QModelIndex>& indexes) {
    tree()->setCurrentIndex(indexes.front());
    for (const QModelIndex& index : indexes) {
      tree()->selectionModel()->select(index, QItemSelectionModel::Select);
    }
  }
  void undo() {
    for (QPushButton* button : window->jobs()->findChildren<QPushButton*>()) {
      if (button->text() == QStringLiteral("Undo") && button->isVisible()) return button->click();
    }
    FAIL() << "there is nothing to undo";
  }
  /// By keyboard: new shelf of what is selected, and its name.
  void makeShelf(const QString& name) {
    const int before = shelves();
    QTest::keyClick(window.get(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
    ASSERT_TRUE(until([&] { return shelves() == before + 1; }));
    QLineEdit* editor = nullptr;
    ASSERT_TRUE(until([&] {
      editor = tree()->findChild<QLineEdit*>();
      return editor != nullptr;
    }));
    editor->selectAll();
    QTest::keyClicks(editor, name);
    QTest::keyClick(editor, Qt::Key_Return);
    ASSERT_TRUE(until([&] { return group(before + 1).data().toString() == name; }));
  }
};

TEST_F(ShelvesTest, IsMadeOfWhatIsSelectedAndNamedAtOnce) {
  select({document(0, 1), document(0, 0)});
  makeShelf(QStringLiteral("Castle"));
  EXPECT_EQ(library()->rowCount(group(1)), 2);
  // A name that is taken is refused with a row; the shelf keeps its own.
  select({group(0)});
  makeShelf(QStringLiteral("Keep"));
  tree()->setCurrentIndex(group(2));
  tree()->setFocus();
  QTest::keyClick(tree(), Qt::Key_F2);
  auto* editor = tree()->findChild<QLineEdit*>();
  ASSERT_NE(editor, nullptr);
  editor->selectAll();
  QTest::keyClicks(editor, QStringLiteral("Castle"));
  QTest::keyClick(editor, Qt::Key_Return);
  EXPECT_TRUE(until([&] { return window->jobs()->rowCount() == 1; }));
  EXPECT_EQ(group(2).data().toString(), QStringLiteral("Keep"));
}

TEST_F(ShelvesTest, TakesDocumentsThatAreDroppedOnItAndOrdersThem) {
  select({document(0, 0)});
  makeShelf(QStringLiteral("Castle"));
  ASSERT_EQ(onShelf().size(), 1);
  const QString first = onShelf().front();
  const std::unique_ptr<QMimeData> data(library()->mimeData({document(0, 1)}));
  tree()->expandAll();
  const QPoint at = tree()->visualRect(group(1)).center();
  QDragEnterEvent enter(at, Qt::MoveAction, data.get(), Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(tree()->viewport(), &enter);
  EXPECT_TRUE(enter.isAccepted());
  QDragMoveEvent move(at, Qt::MoveAction, data.get(), Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(tree()->viewport(), &move);
  EXPECT_TRUE(move.isAccepted());
  QDropEvent drop(at, Qt::MoveAction, data.get(), Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(tree()->viewport(), &drop);
  ASSERT_TRUE(until([&] { return onShelf().size() == 2; }));
  EXPECT_EQ(onShelf().front(), first);
  // Within the shelf: the second before the first.
  const std::unique_ptr<QMimeData> second(library()->mimeData({document(1, 1)}));
  ASSERT_TRUE(library()->dropMimeData(second.get(), Qt::MoveAction, 0, 0, group(1)));
  EXPECT_TRUE(until([&] { return onShelf().back() == first; }));
  open();
  ASSERT_TRUE(until([&] { return shelves() == 1; }));
  EXPECT_EQ(onShelf().back(), first);
}

TEST_F(ShelvesTest, WhatIsSelectedIsAsked) {
  select({document(0, 1)});
  makeShelf(QStringLiteral("Castle"));
  select({group(1)});
  askByKeyboard(QStringLiteral("How deep is the well?"));
  const Answer& answer = window->conversation()->lastAnswer()->answer();
  ASSERT_TRUE(answer.finished);
  EXPECT_FALSE(answer.finished->found) << "the well is not on the shelf";
  EXPECT_EQ(answer.finished->reading.documents, 1);
  select({document(0, 0), document(0, 1), group(1)});
  askByKeyboard(QStringLiteral("How deep is the well?"));
  const Answer& both = window->conversation()->lastAnswer()->answer();
  ASSERT_TRUE(both.finished);
  EXPECT_TRUE(both.finished->found);
  EXPECT_EQ(both.finished->reading.documents, 2) << "one that is selected twice is read once";
}

TEST_F(ShelvesTest, IsChosenAgainWithTheConversationThatItWasAskedIn) {
  select({document(0, 0)});
  makeShelf(QStringLiteral("Castle"));
  select({group(1)});
  askByKeyboard(QStringLiteral("How deep is the well?"));
  QListView* talks = window->conversations()->view();
  ASSERT_TRUE(until([&] { return talks->model()->rowCount() == 1; }));
  QTest::keyClick(window.get(), Qt::Key_N, Qt::ControlModifier);
  select({group(0)});
  QTest::mouseClick(talks->viewport(), Qt::LeftButton, {},
                    talks->visualRect(talks->model()->index(0, 0)).center());
  EXPECT_TRUE(until([&] { return tree()->currentIndex() == group(1); }));
}

TEST_F(ShelvesTest, IsTakenAwayAndHadBack) {
  select({document(0, 0)});
  makeShelf(QStringLiteral("Castle"));
  tree()->setFocus();
  tree()->setCurrentIndex(group(1));
  QTest::keyClick(tree(), Qt::Key_Delete);
  EXPECT_EQ(shelves(), 0);
  EXPECT_EQ(documents(), 2);
  undo();
  EXPECT_EQ(shelves(), 1);
  EXPECT_EQ(onShelf().size(), 1);
  tree()->setCurrentIndex(group(1));
  QTest::keyClick(tree(), Qt::Key_Delete);
  open();
  ASSERT_TRUE(until([&] { return documents() == 2; }));
  EXPECT_EQ(shelves(), 0);
}

// One click changes what is asked, and the page stays: the field says what it is about.
TEST_F(ShelvesTest, TheFieldSaysWhatIsAskedAndThatAnotherDocumentIsShown) {
  const auto says = [this](const QString& words) {
    for (const auto* label : window->conversation()->findChildren<QLabel*>()) {
      if (label->isVisible() && label->text().contains(words)) return true;
    }
    return false;
  };
  const QString other = QStringLiteral("which is not asked");
  select({group(0)});
  EXPECT_TRUE(says(QStringLiteral("2 documents")));
  EXPECT_FALSE(says(other));
  constexpr int kShown = 1;
  constexpr int kAsked = 0;
  ASSERT_TRUE(until([&] {
    return library()->document(document(0, kShown)) == window->reader()->document()->info.id;
  })) << "what was added last is opened";
  QTest::mouseClick(tree()->viewport(), Qt::LeftButton, {},
                    tree()->visualRect(document(0, kAsked)).center());
  EXPECT_TRUE(says(other));
  picture(window.get(), QStringLiteral("other-document"));
  EXPECT_TRUE(window->conversation()->questionBox()->placeholderText().contains(
      QStringLiteral("well.txt")));
  tree()->activated(document(0, kAsked));
  EXPECT_TRUE(until([&] { return !says(other); }));
}

// The library gives the number of a shelf that is gone to the next one, which stayed hidden.
TEST_F(ShelvesTest, IsSeenThoughOneBeforeWasTakenAway) {
  select({document(0, 0)});
  makeShelf(QStringLiteral("Castle"));
  tree()->setFocus();
  tree()->setCurrentIndex(group(1));
  QTest::keyClick(tree(), Qt::Key_Delete);
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 0; })) << "the undo is over";
  QTest::qWait(100);
  select({document(0, 1)});
  makeShelf(QStringLiteral("Keep"));
  EXPECT_EQ(shelves(), 1);
}

TEST_F(ShelvesTest, ADocumentIsTakenOffTheShelfAndStaysInTheLibrary) {
  select({document(0, 0), document(0, 1)});
  makeShelf(QStringLiteral("Castle"));
  ASSERT_EQ(onShelf().size(), 2);
  const QStringList before = onShelf();
  tree()->setFocus();
  tree()->expandAll();
  select({document(1, 0)});
  QTest::keyClick(tree(), Qt::Key_Delete);
  ASSERT_TRUE(until([&] { return onShelf().size() == 1; }));
  EXPECT_EQ(documents(), 2);
  undo();
  EXPECT_TRUE(until([&] { return onShelf() == before; }));
}

}  // namespace
}  // namespace lectern::gui
