// SPDX-License-Identifier: GPL-3.0-or-later
// What is dropped on a shelf and does not fit there is a choice before anything is read.
#include "app/gui/shelf_choice.h"

#include "app/gui/engine_part.h"
#include "app/gui/settings/preferences.h"
#include "tests/app/gui/window_fixture.h"
#include "tests/app/support/model_folders.h"

#include <QLabel>
#include <QPushButton>

namespace lectern::gui {
namespace {

class ShelfChoiceTest : public WindowFixture {
 protected:
  /// A shelf with one small document is looked at, and the model's window has so many tokens.
  void lookAtShelf(int windowTokens) {
    window->bridge()->desk().makeShelf("Castle", {});
    ASSERT_TRUE(until([&] { return window->library()->rowCount({}) == 2; }));
    window->libraryView()->setCurrentIndex(shelf(1));
    nlohmann::json config = test::tinyConfig();
    config["max_position_embeddings"] = windowTokens;
    test::writeModel(folder.path() / "data" / "models" / "tiny", config);
    window->engine()->preferences()->change({{"answers.engine", "tiny"}, {"answers.length", "8"}});
  }

  [[nodiscard]] QModelIndex shelf(int row) const { return window->library()->index(row, 0, {}); }
  [[nodiscard]] int onShelf(int row) const { return window->library()->rowCount(shelf(row)); }

  /// A folder of one small and one large document.
  std::filesystem::path heap() {
    std::filesystem::create_directories(folder.path() / "heap");
    (void)folder.write("heap/a-well.txt", "The well is nine metres deep.\n");
    std::string text;
    for (int i = 0; i < 4000; ++i) text += "The tower is tall and old. ";
    (void)folder.write("heap/b-tower.txt", text);
    return folder.path() / "heap";
  }

  /// Presses the button once it is there.
  testing::AssertionResult press(const QString& beginning) {
    QPushButton* wanted = nullptr;
    const auto isThere = [&] {
      for (QPushButton* button : window->jobs()->findChildren<QPushButton*>()) {
        if (button->text().startsWith(beginning) && button->isVisible()) wanted = button;
      }
      return wanted != nullptr;
    };
    const auto found = until(isThere);
    if (found) QTest::mouseClick(wanted, Qt::LeftButton);
    return found;
  }
};

TEST_F(ShelfChoiceTest, WhatFitsGoesToTheShelfThatIsLookedAt) {
  lookAtShelf(100'000'000);
  dropOnReader(heap());
  ASSERT_TRUE(until([&] { return onShelf(1) == 2; }));
  EXPECT_EQ(documents(), 2);
}

TEST_F(ShelfChoiceTest, TheRestGoesToASecondShelf) {
  lookAtShelf(4096);
  dropOnReader(heap());
  EXPECT_EQ(documents(), 0);
  ASSERT_TRUE(press(QStringLiteral("Put what does not fit on a second shelf")));
  ASSERT_TRUE(until(
      [&] { return window->library()->rowCount({}) == 3 && onShelf(1) == 1 && onShelf(2) == 1; }));
  EXPECT_EQ(shelf(2).data().toString(), QStringLiteral("Castle 2"));
}

TEST_F(ShelfChoiceTest, AllOfItOrOnlyWhatFitsOrNothing) {
  lookAtShelf(4096);
  dropOnReader(heap());
  ASSERT_TRUE(press(QStringLiteral("Cancel")));
  EXPECT_EQ(documents(), 0);
  dropOnReader(heap());
  ASSERT_TRUE(press(QStringLiteral("Leave out 1 document")));
  ASSERT_TRUE(until([&] { return onShelf(1) == 1; }));
  dropOnReader(heap());
  ASSERT_TRUE(press(QStringLiteral("Put all on")));
  ASSERT_TRUE(until([&] { return onShelf(1) == 2; }));
}

TEST_F(ShelfChoiceTest, WithoutAModelThereIsNothingToChoose) {
  dropOnReader(heap());
  EXPECT_TRUE(until([&] { return documents() == 2; }));
}

TEST_F(ShelfChoiceTest, WithoutAShelfTheyGetOneOfTheirOwn) {
  lookAtShelf(4096);
  window->libraryView()->setCurrentIndex(shelf(0));
  dropOnReader(heap());
  ASSERT_TRUE(press(QStringLiteral("Put them on a shelf of their own")));
  ASSERT_TRUE(until([&] { return window->library()->rowCount({}) == 3 && onShelf(2) == 2; }));
  EXPECT_EQ(shelf(2).data().toString(), QStringLiteral("heap"));
}

}  // namespace
}  // namespace lectern::gui
