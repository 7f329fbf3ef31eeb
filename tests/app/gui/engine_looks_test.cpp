// SPDX-License-Identifier: GPL-3.0-or-later
// How the budget bar, its panel and the settings look. With LECTERN_SCREENSHOTS the pictures go to
// that folder.
#include "app/gui/engine_part.h"
#include "app/gui/settings/models_page.h"
#include "app/gui/settings/settings_window.h"
#include "app/gui/views/context_panel.h"
#include "app/gui/widgets/budget_bar.h"
#include "tests/app/gui/looks.h"
#include "tests/app/gui/window_fixture.h"
#include "tests/app/support/model_folders.h"

#include <QApplication>
#include <QLabel>
#include <QListWidget>
#include <QScrollArea>
#include <QTabWidget>

namespace lectern::gui {
namespace {

class EngineLooks : public WindowFixture {
 protected:
  ~EngineLooks() override { QApplication::setLayoutDirection(Qt::LeftToRight); }

  void prepare() {
    nlohmann::json config = test::tinyConfig();
    config["max_position_embeddings"] = 16'384;
    test::writeModel(folder.path() / "data/models/tiny", config);
    for (const char* name : {"tenancy-agreement.pdf", "dehumidifier-manual.md", "notice-he.pdf"}) {
      add(test::fixture(std::string("../../resources/sample/") + name));
    }
    window->libraryView()->setCurrentIndex(window->library()->index(0, 0, {}));
    window->engine()->preferences()->change({{"answers.engine", "tiny"}});
    ASSERT_TRUE(until([&] { return window->engine()->bar()->parts().size() == 6; }));
  }
};

TEST_F(EngineLooks, TheBarHasRoomForItsSentenceInASmallWindow) {
  prepare();
  window->resize(900, 600);
  EXPECT_EQ(window->size(), QSize(900, 600));
  window->engine()->bar()->setFocus();
  QTest::keyClick(window->engine()->bar(), Qt::Key_Right);
  BudgetBar* bar = window->engine()->bar();
  EXPECT_LT(bar->fontMetrics().horizontalAdvance(bar->sentence()), bar->width() * 2 / 3);
  ASSERT_TRUE(until([&] { return window->reader()->isSharp(); }));
  picture(window.get(), QStringLiteral("budget"));
  window->engine()->showContext();
  picture(window->engine()->panel(), QStringLiteral("context"));
}

TEST_F(EngineLooks, Settings) {
  window->engine()->showSettings();
  picture(window->engine()->settingsWindow(), QStringLiteral("settings"));
}

// With letters of 16 points the fields lay behind a scroll bar.
TEST_F(EngineLooks, SettingsWithLargeLetters) {
  const QFont usual = QApplication::font();
  QFont large = usual;
  large.setPointSize(16);
  QApplication::setFont(large);
  open();
  window->engine()->showSettings();
  SettingsWindow* settings = window->engine()->settingsWindow();
  const auto* area = settings->findChild<QScrollArea*>();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(settings));
  EXPECT_LE(area->widget()->width(), area->viewport()->width());
  for (const auto* field : area->widget()->findChildren<QWidget*>()) {
    if (!field->objectName().contains(QLatin1Char('.'))) continue;  // no setting's
    EXPECT_GE(field->width(), field->minimumSizeHint().width())
        << field->objectName().toStdString();
  }
  picture(settings, QStringLiteral("settings-large"));
  settings->showModels();
  picture(settings, QStringLiteral("models-large"));
  window.reset();
  QApplication::setFont(usual);
}

TEST_F(EngineLooks, ModelsMirrored) {
  QApplication::setLayoutDirection(Qt::RightToLeft);
  open();
  prepare();
  picture(window.get(), QStringLiteral("budget-mirrored"));
  window->engine()->showModels();
  ModelsPage* page = window->engine()->settingsWindow()->models();
  ASSERT_TRUE(until([&] { return page->list()->count() == 3; }));
  page->list()->setCurrentRow(1);
  ASSERT_TRUE(
      until([&] { return page->details()->text().contains(QStringLiteral("Computes on")); }));
  picture(window->engine()->settingsWindow(), QStringLiteral("models-mirrored"));
}

}  // namespace
}  // namespace lectern::gui
