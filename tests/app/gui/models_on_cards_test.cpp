// SPDX-License-Identifier: GPL-3.0-or-later
// The models page of a computer with two graphics cards: CTest gives this program a plug-in with
// cards that are none, each with 120 MiB free. With LECTERN_SCREENSHOTS the pictures go to that
// folder.
#include "app/gui/engine_part.h"
#include "app/gui/settings/models_page.h"
#include "app/gui/settings/settings_window.h"
#include "tests/app/gui/looks.h"
#include "tests/app/gui/window_fixture.h"
#include "tests/app/support/model_folders.h"

#include <QApplication>
#include <QLabel>
#include <QListWidget>
#include <QLocale>

namespace lectern::gui {
namespace {

class ModelsOnCards : public WindowFixture {
 protected:
  ModelsOnCards() {
    nlohmann::json config = tiny_model::midiConfig();
    config["num_experts"] = 16;  // 50 MB of them
    config["max_position_embeddings"] = 262'144;
    const std::filesystem::path source = folder.path() / "tiny";
    std::filesystem::create_directories(source);
    EXPECT_TRUE(tiny_model::write(source, config, {.bfloat16 = true}));
    EXPECT_TRUE(writeFileAtomically(source / "tokenizer.json", tinyTokenizer().dump()));
  }
  ~ModelsOnCards() override {
    qunsetenv("LECTERN_BACKEND");
    QApplication::setPalette(QPalette());
    QApplication::setLayoutDirection(Qt::LeftToRight);
    QLocale::setDefault(locale_);
  }

  /// Opens the page at the model.
  void openModel() {
    window->engine()->preferences()->change({{"answers.window", "1024"}});
    window->engine()->showModels();
    page = window->engine()->settingsWindow()->models();
    page->importModel(folder.path() / "tiny");
    ASSERT_TRUE(until([&] { return page->list()->count() == 3; }));
    page->list()->setCurrentRow(2);
  }
  /// What it says of what computes the model.
  QString told() {
    openModel();
    EXPECT_TRUE(
        until([&] { return page->details()->text().contains(QStringLiteral("Computes on")); }));
    return QString(page->details()->text()).remove(QChar(0x2068)).remove(QChar(0x2069));
  }
  void picture(const QString& name) { gui::picture(window->engine()->settingsWindow(), name); }

  ModelsPage* page = nullptr;

 private:
  const QLocale locale_;
};

TEST_F(ModelsOnCards, SaysWhichLayersAreWhereAndWhatTheyTake) {
  const QString text = told();
  EXPECT_TRUE(text.contains(QStringLiteral("Computes on: Lectern test device (cuda:0)")))
      << text.toStdString();
  EXPECT_TRUE(text.contains(QStringLiteral("Memory of the layers 1 to ")));
  EXPECT_TRUE(text.contains(QStringLiteral("that are free on cuda:1: weights ")));
  EXPECT_TRUE(text.contains(QStringLiteral("With a window of 32,768 tokens: ")));
  picture(QStringLiteral("models-cards"));
  QApplication::setPalette(darkPalette());
  picture(QStringLiteral("models-cards-dark"));
}

TEST_F(ModelsOnCards, SaysWhatStaysInTheComputer) {
  qputenv("LECTERN_BACKEND", "cuda:0");
  const QString text = told();
  EXPECT_TRUE(text.contains(QStringLiteral(" of 4 layers stay in the computer's memory; ")))
      << text.toStdString();
  EXPECT_TRUE(text.contains(QStringLiteral("Memory of the experts that stay: ")));
  EXPECT_TRUE(text.contains(QStringLiteral(" in the computer")));
  picture(QStringLiteral("models-experts"));
}

TEST_F(ModelsOnCards, SaysWhyACardCannotBeUsedThatWasAskedFor) {
  qputenv("LECTERN_BACKEND", "cuda:7");
  openModel();
  const QString reason = QStringLiteral("⚠ There is no graphics card \"cuda:7\" here.");
  EXPECT_TRUE(until([&] { return page->details()->text().contains(reason); }));
  EXPECT_TRUE(page->device()->text().contains(reason));
}

TEST_F(ModelsOnCards, Mirrored) {
  QLocale::setDefault(QLocale(QLocale::Arabic, QLocale::Egypt));
  QApplication::setLayoutDirection(Qt::RightToLeft);
  open();
  (void)told();
  picture(QStringLiteral("models-cards-mirrored"));
}

}  // namespace
}  // namespace lectern::gui
