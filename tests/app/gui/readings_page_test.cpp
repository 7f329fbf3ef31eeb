// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/settings/readings_page.h"

#include "app/gui/engine_part.h"
#include "app/gui/settings/settings_window.h"
#include "app/workspace/workspace.h"
#include "tests/app/gui/looks.h"
#include "tests/app/gui/window_fixture.h"
#include "tests/support/answer_model_fixture.h"

#include <QAbstractButton>
#include <QApplication>
#include <QLabel>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QTabWidget>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

namespace lectern::gui {
namespace {

class ReadingsPageTest : public WindowFixture {
 protected:
  /// What another program read, and kept though it took no time.
  void read(const std::vector<RevisionId>& scope) {
    WorkspaceOptions options;
    options.dataFolder = folder.path() / "data";
    options.access = Access::Read;
    AskOptions ask;
    ask.model = model.path();
    ask.readings.worthMs = 0;
    ask.answer.maxTokens = 1;
    const auto workspace = Workspace::open(options).value();
    ASSERT_TRUE(workspace->answer("What is the deposit?", scope, ask, {}, {}));
  }
  void openPage() {
    settings = window->engine()->settingsWindow();
    page = settings->readings();
    settings->show();
    settings->tabs()->setCurrentWidget(page);
  }
  [[nodiscard]] QPushButton* button(const QString& text) const {
    for (auto* push : page->findChildren<QPushButton*>()) {
      if (push->text().remove(QLatin1Char('&')).startsWith(text)) return push;
    }
    return nullptr;
  }
  void answerWith(const QString& text) {
    ASSERT_TRUE(until([&] { return page->question() != nullptr; }));
    for (QAbstractButton* choice : page->question()->buttons()) {
      if (choice->text().remove(QLatin1Char('&')) == text) return choice->click();
    }
    FAIL() << text.toStdString();
  }

  const test::TinyAnswerModel model{test::TinyFamily::Jamba2};
  SettingsWindow* settings = nullptr;
  ReadingsPage* page = nullptr;
};

TEST_F(ReadingsPageTest, ShowsWhatIsKeptAndDeletesItOnceItWasAsked) {
  add(LECTERN_SOURCE_DIR "/resources/sample/tenancy-agreement.pdf");
  add(LECTERN_SOURCE_DIR "/resources/sample/dehumidifier-manual.md");
  read({RevisionId{1}, RevisionId{2}});
  read({RevisionId{2}});
  openPage();
  ASSERT_TRUE(until([&] { return page->list()->count() == 2; }));
  const QString both = page->list()->item(1)->text();
  EXPECT_TRUE(both.contains(QStringLiteral("tiny")) && both.contains(QStringLiteral(" tokens")))
      << both.toStdString();
  EXPECT_TRUE(page->roomText()->text().contains(QStringLiteral("8.0 GB")))
      << page->roomText()->text().toStdString();
  picture(settings, QStringLiteral("readings"));
  settings->setLayoutDirection(Qt::RightToLeft);
  picture(settings, QStringLiteral("readings-mirrored"));
  settings->setLayoutDirection(Qt::LeftToRight);
  const QPalette light = QApplication::palette();
  QApplication::setPalette(darkPalette());
  picture(settings, QStringLiteral("readings-dark"));
  QApplication::setPalette(light);

  EXPECT_FALSE(button(QStringLiteral("Delete"))->isEnabled());
  page->list()->setCurrentRow(1);
  button(QStringLiteral("Delete"))->click();
  answerWith(QStringLiteral("Cancel"));
  EXPECT_EQ(page->list()->count(), 2);
  button(QStringLiteral("Delete"))->click();
  ASSERT_TRUE(until([&] { return page->question() != nullptr; }));
  EXPECT_TRUE(page->question()->text().contains(QStringLiteral("Delete 1 reading?")))
      << page->question()->text().toStdString();
  answerWith(QStringLiteral("Delete"));
  EXPECT_TRUE(until([&] { return page->list()->count() == 1; }));

  // It was used a year ago.
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(folder.path() / "data" / "readings")) {
    if (file.path().extension() != ".state") continue;
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 365));
  }
  button(QStringLiteral("Delete those"))->click();
  answerWith(QStringLiteral("Delete"));
  EXPECT_TRUE(until([&] { return page->list()->count() == 0; }));
  EXPECT_TRUE(page->note()->text().contains(QStringLiteral("Nothing is kept yet.")));
}

TEST_F(ReadingsPageTest, ADocumentThatIsRemovedTakesItsReadingsWithIt) {
  add(LECTERN_SOURCE_DIR "/resources/sample/tenancy-agreement.pdf");
  add(LECTERN_SOURCE_DIR "/resources/sample/dehumidifier-manual.md");
  read({RevisionId{2}});
  openPage();
  ASSERT_TRUE(until([&] { return page->list()->count() == 1; }));
  window->bridge()->desk().remove(RevisionId{2});
  ASSERT_TRUE(until([&] { return documents() == 1; }));
  settings->tabs()->setCurrentIndex(0);
  settings->tabs()->setCurrentWidget(page);
  EXPECT_TRUE(until([&] { return page->list()->count() == 0; }));
}

}  // namespace
}  // namespace lectern::gui
