// SPDX-License-Identifier: GPL-3.0-or-later
// Shelves that follow folders.
#include "app/gui/folder_watch.h"

#include "app/gui/adding.h"
#include "app/gui/widgets/open_offer.h"
#include "tests/app/gui/window_fixture.h"

#include <QPushButton>

namespace lectern::gui {
namespace {

class FolderWatchTest : public WindowFixture {
 protected:
  void SetUp() override { std::filesystem::create_directories(in() / "deep"); }

  [[nodiscard]] std::filesystem::path in() const { return folder.path() / "Contracts"; }
  std::filesystem::path put(const std::string& name, const std::string& text) {
    return folder.write("Contracts/" + name, text);
  }
  void follow() {
    window->folderWatch()->follow(in());
    ASSERT_TRUE(until([&] { return window->library()->rowCount({}) == 2; }));
  }
  [[nodiscard]] QModelIndex shelf() const { return window->library()->index(1, 0, {}); }
  [[nodiscard]] int onShelf() const { return window->library()->rowCount(shelf()); }
  [[nodiscard]] QPushButton* button(const QString& text) const {
    for (auto* one : window->jobs()->findChildren<QPushButton*>()) {
      if (one->text() == text && one->isVisible()) return one;
    }
    return nullptr;
  }
};

TEST_F(FolderWatchTest, WhatIsInTheFolderAndComesIntoItIsOnTheShelf) {
  put("lease.txt", "The lease runs for three years.\n");
  put("deep/annex.txt", "The annex is part of the lease.\n");
  follow();
  ASSERT_TRUE(until([&] { return onShelf() == 2; }));
  EXPECT_EQ(shelf().data().toString(), QStringLiteral("Contracts"));
  EXPECT_TRUE(shelf().data(Qt::ToolTipRole).toString().contains(pathToQt(in())));
  EXPECT_EQ(window->reader()->document(), nullptr) << "nobody asked to read it";
  EXPECT_FALSE(window->adding()->offer()->isVisible());
  // Told by the system, without being asked.
  put("deep/second.txt", "The second annex is new.\n");
  ASSERT_TRUE(until([&] { return onShelf() == 3; }));
}

TEST_F(FolderWatchTest, AChangedFileIsAddedAndTheVersionBeforeStaysUntilTheUserSaysSo) {
  const auto file = put("lease.txt", "The lease runs for three years.\n");
  follow();
  ASSERT_TRUE(until([&] { return onShelf() == 1; }));
  put("lease.txt", "The lease runs for five long years now.\n");
  ASSERT_TRUE(until([&] { return onShelf() == 2; }));
  ASSERT_TRUE(until([&] { return button(QStringLiteral("Take them off the shelf")) != nullptr; }));
  EXPECT_EQ(onShelf(), 2);
  QTest::mouseClick(button(QStringLiteral("Take them off the shelf")), Qt::LeftButton);
  ASSERT_TRUE(until([&] { return onShelf() == 1; }));
  EXPECT_EQ(documents(), 2) << "it stays in the library";
}

TEST_F(FolderWatchTest, WhatIsGoneFromTheFolderIsAskedAboutOnce) {
  const auto file = put("lease.txt", "The lease runs for three years.\n");
  put("annex.txt", "The annex is part of the lease.\n");
  follow();
  ASSERT_TRUE(until([&] { return onShelf() == 2; }));
  std::filesystem::remove(file);
  ASSERT_TRUE(until([&] { return button(QStringLiteral("Keep them")) != nullptr; }));
  QTest::mouseClick(button(QStringLiteral("Keep them")), Qt::LeftButton);
  EXPECT_EQ(onShelf(), 2);
  put("third.txt", "The third is new.\n");
  ASSERT_TRUE(until([&] { return onShelf() == 3; }));
  QTest::qWait(2'000);
  EXPECT_EQ(button(QStringLiteral("Keep them")), nullptr);
}

TEST_F(FolderWatchTest, FollowsItAgainInTheNextWindowUntilItIsTold) {
  put("lease.txt", "The lease runs for three years.\n");
  follow();
  ASSERT_TRUE(until([&] { return onShelf() == 1; }));
  window.reset();
  put("annex.txt", "The annex is part of the lease.\n");
  open();
  ASSERT_TRUE(until([&] { return window->library()->rowCount({}) == 2 && onShelf() == 2; }));

  window->libraryView()->setCurrentIndex(shelf());
  const auto id = window->library()->shelf(shelf());
  ASSERT_TRUE(window->folderWatch()->folderOf(*id));
  for (QAction* action : window->libraryView()->actions()) {
    if (action->text().contains(QStringLiteral("following"))) action->trigger();
  }
  EXPECT_FALSE(window->folderWatch()->folderOf(*id));
  open();
  put("third.txt", "The third is new.\n");
  QTest::qWait(2'500);
  EXPECT_EQ(onShelf(), 2);
}

TEST_F(FolderWatchTest, AFolderThatIsNotThereTakesNothingAway) {
  put("lease.txt", "The lease runs for three years.\n");
  follow();
  ASSERT_TRUE(until([&] { return onShelf() == 1; }));
  window.reset();
  std::filesystem::rename(in(), folder.path() / "elsewhere");
  open();
  ASSERT_TRUE(until([&] { return window->library()->rowCount({}) == 2; }));
  QTest::qWait(1'000);
  EXPECT_EQ(onShelf(), 1);
  EXPECT_EQ(window->jobs()->rowCount(), 0);
}

TEST_F(FolderWatchTest, AHeapIsShownBeforeItIsAdded) {
  for (int i = 0; i < 60; ++i) put(std::to_string(i) + ".txt", "Well " + std::to_string(i) + ".\n");
  follow();
  ASSERT_TRUE(until([&] { return button(QStringLiteral("Do not follow it")) != nullptr; }));
  EXPECT_EQ(onShelf(), 0);
  QTest::mouseClick(button(QStringLiteral("Do not follow it")), Qt::LeftButton);
  EXPECT_EQ(window->jobs()->rowCount(), 0);
  EXPECT_TRUE(window->folderWatch()->followed().empty());
}

TEST_F(FolderWatchTest, AFileThatCannotBeReadIsTriedOnce) {
  put("lease.pdf", "%PDF-1.4 nothing of the kind");
  follow();
  ASSERT_TRUE(until([&] { return button(QStringLiteral("Dismiss")) != nullptr; }));
  QTest::qWait(2'500);
  EXPECT_EQ(window->jobs()->rowCount(), 1);
}

}  // namespace
}  // namespace lectern::gui
