// SPDX-License-Identifier: GPL-3.0-or-later
// Who answers, and what of the documents that is given: the bar at the window's bottom, the panel
// behind it, and the choice where documents do not fit.
#include "app/gui/engine_part.h"

#include "app/gui/settings/settings_window.h"
#include "app/gui/views/context_panel.h"
#include "app/gui/widgets/budget_bar.h"
#include "tests/app/gui/window_fixture.h"
#include "tests/app/support/model_folders.h"

#include <QLabel>
#include <QPushButton>
#include <QTableWidget>

namespace lectern::gui {
namespace {

class EnginePartTest : public WindowFixture {
 protected:
  EnginePart* engine() { return window->engine(); }
  BudgetBar* bar() { return window->engine()->bar(); }

  /// A model with a window of so many tokens, and the settings that name it.
  void useModel(int windowTokens) {
    nlohmann::json config = test::tinyConfig();
    config["max_position_embeddings"] = windowTokens;
    const auto model = folder.path() / "data" / "models" / "tiny";
    test::writeModel(model, config);
    engine()->preferences()->change({{"answers.engine", "tiny"}, {"answers.length", "8"}});
  }

  bool press(QWidget* parent, const QString& text) {
    for (QPushButton* button : parent->findChildren<QPushButton*>()) {
      if (button->text() != text || !button->isVisible()) continue;
      QTest::mouseClick(button, Qt::LeftButton);
      return true;
    }
    return false;
  }

  void type(const QString& question) {
    QTest::keyClick(window.get(), Qt::Key_L, Qt::ControlModifier);
    QPlainTextEdit* box = window->conversation()->questionBox();
    box->setPlainText(question);
    QTest::keyClick(box, Qt::Key_Return);
  }
};

TEST_F(EnginePartTest, WithoutAModelTheBarSaysThatAllIsSearched) {
  EXPECT_TRUE(bar()->parts().empty());
  EXPECT_EQ(bar()->sentence(), QStringLiteral("No model is used: a question searches all of it"));
}

TEST_F(EnginePartTest, WithAModelTheBarHasEveryPartToTheToken) {
  add(folder.write("well.txt", "The well is nine metres deep.\n"));
  add(folder.write("tower.txt", "The tower is tall.\n"));
  window->libraryView()->setCurrentIndex(window->library()->index(0, 0, {}));
  useModel(4096);
  ASSERT_TRUE(until([&] { return bar()->parts().size() == 5; }));
  const std::vector<BudgetPart>& parts = bar()->parts();
  EXPECT_EQ(parts[1].kind, BudgetPart::Kind::Document);
  EXPECT_TRUE(parts[1].name.contains(QStringLiteral("well.txt")));
  int64_t sum = 0;
  for (const BudgetPart& part : parts) sum += part.tokens;
  EXPECT_EQ(sum, 4096);

  QTest::keyClick(window.get(), Qt::Key_I, Qt::ControlModifier);
  ContextPanel* panel = engine()->panel();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(panel));
  ASSERT_EQ(panel->table()->rowCount(), 5);
  EXPECT_EQ(panel->table()->item(1, 1)->text(),
            QLocale().toString(static_cast<qlonglong>(parts[1].tokens)));
  QTest::keyClick(panel, Qt::Key_Escape);
  EXPECT_FALSE(panel->isVisible());

  // One document alone takes less.
  window->libraryView()->setCurrentIndex(
      window->library()->index(0, 0, window->library()->index(0, 0, {})));
  EXPECT_TRUE(until([&] { return bar()->parts().size() == 4; }));
}

TEST_F(EnginePartTest, TheChosenModelAnswersAndTheHeaderSaysSo) {
  add(folder.write("well.txt", "The well is nine metres deep.\n"));
  useModel(4096);
  askByKeyboard(QStringLiteral("How deep is the well?"));
  ASSERT_TRUE(window->conversation()->lastAnswer()->answer().finished);
  EXPECT_EQ(window->conversation()->lastAnswer()->answer().finished->reading.engine, "tiny");
}

TEST_F(EnginePartTest, WhatDoesNotFitIsAChoiceBeforeAnythingIsRead) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "The tower is tall and old. ";
  add(folder.write("tower.txt", text));
  add(folder.write("well.txt", "The well is nine metres deep.\n"));
  window->libraryView()->setCurrentIndex(window->library()->index(0, 0, {}));
  useModel(900);
  ASSERT_TRUE(until([&] { return !bar()->parts().empty(); }));
  EXPECT_EQ(bar()->parts().back().kind, BudgetPart::Kind::TooMuch);

  const QString question = QStringLiteral("How deep is the well?");
  type(question);
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 1; }));
  EXPECT_EQ(window->conversation()->lastAnswer(), nullptr);
  ASSERT_TRUE(press(window->jobs(), QStringLiteral("Do not ask")));
  EXPECT_EQ(window->jobs()->rowCount(), 0);
  EXPECT_EQ(window->conversation()->questionBox()->toPlainText(), question) << "nothing is lost";

  type(question);
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 1; }));
  ASSERT_TRUE(
      press(window->jobs(), QStringLiteral("Leave out ") + isolated(QStringLiteral("tower.txt"))));
  ASSERT_TRUE(until([&] {
    return window->conversation()->lastAnswer() != nullptr &&
           !window->conversation()->isAnswering();
  }));
  const auto& finished = window->conversation()->lastAnswer()->answer().finished;
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->reading.documents, 1);
  EXPECT_FALSE(finished->reading.shortlisted);
}

TEST_F(EnginePartTest, AModelThatIsGoneIsSaidWhereTheBarIsAndWhenAsked) {
  add(folder.write("well.txt", "The well is nine metres deep.\n"));
  engine()->preferences()->change({{"answers.engine", "gone"}});
  ASSERT_TRUE(until([&] { return bar()->sentence().contains(QStringLiteral("gone")); }));
  type(QStringLiteral("How deep is the well?"));
  EXPECT_EQ(window->jobs()->rowCount(), 1);
  EXPECT_EQ(window->conversation()->lastAnswer(), nullptr);
}

TEST_F(EnginePartTest, SettingsLastUntilTheNextWindow) {
  engine()->preferences()->change({{"answers.threads", "2"}});
  open();
  EXPECT_EQ(engine()->preferences()->settings().threads, 2);
}

}  // namespace
}  // namespace lectern::gui
