// SPDX-License-Identifier: GPL-3.0-or-later
// The settings window and its models page, with real clicks and keys.
#include "app/gui/settings/settings_window.h"

#include "app/gui/engine_part.h"
#include "app/gui/settings/models_page.h"
#include "kernels/backend.h"
#include "tests/app/gui/mnemonics.h"
#include "tests/app/gui/window_fixture.h"
#include "tests/app/support/model_folders.h"

#include <QComboBox>
#include <QFileDialog>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>

namespace lectern::gui {
namespace {

class SettingsWindowTest : public WindowFixture {
 protected:
  void openSettings() {
    QTest::keyClick(window.get(), Qt::Key_Comma, Qt::ControlModifier);
    settings = window->engine()->settingsWindow();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(settings));
  }
  void openModels() {
    openSettings();
    settings->showModels();
    page = settings->models();
    ASSERT_TRUE(until([&] { return page->list()->count() > 0; }));
  }
  QPushButton* button(const QString& text) {
    for (QPushButton* one : settings->findChildren<QPushButton*>()) {
      if (QString(one->text()).remove(QLatin1Char('&')) == text) return one;
    }
    return nullptr;
  }
  void press(const QString& text) {
    QPushButton* one = button(text);
    ASSERT_NE(one, nullptr) << text.toStdString();
    ASSERT_TRUE(one->isVisible() && one->isEnabled()) << text.toStdString();
    QTest::mouseClick(one, Qt::LeftButton);
  }
  [[nodiscard]] Settings stored() const { return loadSettings(folder.path() / "config").settings; }
  void select(const QString& model) {
    for (int row = 0; row < page->list()->count(); ++row) {
      if (page->list()->item(row)->text().contains(model)) page->list()->setCurrentRow(row);
    }
    ASSERT_TRUE(page->list()->currentItem()->text().contains(model));
  }

  SettingsWindow* settings = nullptr;
  ModelsPage* page = nullptr;
};

TEST_F(SettingsWindowTest, TellsWhatModelsComputeOnAndWhyOnNothingBetter) {
  openModels();
  const kernels::BackendProperties device = kernels::chosenBackend({}).value();
  ASSERT_TRUE(until([&] { return !page->device()->text().isEmpty(); }));
  const QString told = page->device()->text();
  EXPECT_TRUE(told.contains(QString::fromStdString(device.name))) << told.toStdString();
  EXPECT_TRUE(told.contains(QString::fromStdString(device.reason))) << told.toStdString();
}

// A card that is woken takes memory until the program ends.
TEST_F(SettingsWindowTest, DevicesAreNotOpenedUntilTheModelsAreLookedAt) {
  openSettings();
  QTest::qWait(200);
  EXPECT_EQ(settings->models()->device()->text(), QString());
}

TEST_F(SettingsWindowTest, EachModelSaysWhatComputesItAndWithWhichMemory) {
  nlohmann::json config = test::tinyConfig();
  config["max_position_embeddings"] = 262'144;
  test::writeModel(folder.path() / "wide", config);
  openModels();
  page->importModel(folder.path() / "wide");
  ASSERT_TRUE(until([&] { return page->list()->count() == 3; }));
  select(QStringLiteral("wide"));
  const auto text = [&] { return page->details()->text(); };
  ASSERT_TRUE(until([&] { return text().contains(QStringLiteral("Computes on: ")); }));
  const std::string name = kernels::chosenBackend({}).value().name;
  EXPECT_TRUE(text().contains(toQt("(" + name + ")"))) << text().toStdString();
  EXPECT_TRUE(text().contains(QStringLiteral("With a window of 32,768 tokens: ")));
  EXPECT_TRUE(text().contains(QStringLiteral("131,072 tokens: ")));
  EXPECT_FALSE(text().contains(QStringLiteral("262,144 tokens: "))) << "that one is chosen";

  window->engine()->preferences()->change({{"answers.window", "32768"}});
  ASSERT_TRUE(until([&] { return text().contains(QStringLiteral(" 262,144 tokens: ")); }));
  EXPECT_FALSE(text().contains(QStringLiteral("32,768 tokens: ")));
}

TEST_F(SettingsWindowTest, NothingHappensUntilItIsApplied) {
  openSettings();
  auto* threads = settings->findChild<QSpinBox*>(QStringLiteral("answers.threads"));
  ASSERT_NE(threads, nullptr);
  EXPECT_FALSE(button(QStringLiteral("Apply"))->isEnabled());
  threads->setFocus();
  threads->selectAll();
  QTest::keyClicks(threads, QStringLiteral("3"));
  QTest::keyClick(threads, Qt::Key_Tab);
  EXPECT_EQ(window->engine()->preferences()->settings().threads, 0);
  press(QStringLiteral("Apply"));
  EXPECT_EQ(window->engine()->preferences()->settings().threads, 3);
  EXPECT_TRUE(until([&] { return stored().threads == 3; }));
  EXPECT_FALSE(button(QStringLiteral("Apply"))->isEnabled());
}

TEST_F(SettingsWindowTest, DefaultsAreRestoredIntoTheFieldsFirst) {
  window->engine()->preferences()->change({{"answers.threads", "3"}, {"answers.quote", "true"}});
  openSettings();
  press(QStringLiteral("Restore defaults"));
  EXPECT_EQ(window->engine()->preferences()->settings().threads, 3);
  press(QStringLiteral("Apply"));
  Settings defaults;
  defaults.engine = Settings::kExtractiveEngine;  // the fixture's, which has a page of its own
  EXPECT_EQ(window->engine()->preferences()->settings(), defaults);
  EXPECT_TRUE(until([&] { return stored() == defaults; }));
}

TEST_F(SettingsWindowTest, CostsAreSaidBeforeTheyAreCaused) {
  window->engine()->preferences()->change({{"answers.engine", "pocket"}});
  openSettings();
  auto* field = settings->findChild<QSpinBox*>(QStringLiteral("answers.window"));
  field->setValue(512);
  EXPECT_TRUE(settings->note()->text().contains(QStringLiteral("loaded again")));
  auto* language = settings->findChild<QComboBox*>(QStringLiteral("window.language"));
  language->setCurrentIndex(language->findData(QStringLiteral("ar")));
  EXPECT_TRUE(settings->note()->text().contains(QStringLiteral("started the next time")));
}

TEST_F(SettingsWindowTest, AValueThatAFieldCannotShowIsNotChangedByLooking) {
  window->engine()->preferences()->change({{"answers.seed", "9223372036854775807"},
                                           {"answers.temperature", "0.123456"},
                                           {"window.language", "gsw"}});
  openSettings();
  EXPECT_FALSE(button(QStringLiteral("Apply"))->isEnabled());
}

TEST_F(SettingsWindowTest, EveryFieldHasANameAndALabelThatLeadsToIt) {
  openModels();
  for (const QWidget* widget : settings->findChildren<QWidget*>()) {
    if (widget->focusPolicy() == Qt::NoFocus) continue;
    const auto* push = qobject_cast<const QAbstractButton*>(widget);
    const bool named =
        !widget->accessibleName().isEmpty() || (push != nullptr && !push->text().isEmpty());
    const bool inside = widget->objectName().startsWith(QStringLiteral("qt_")) ||
                        widget->inherits("QTabBar") || widget->inherits("QComboBoxListView");
    EXPECT_TRUE(named || inside) << widget->metaObject()->className() << ' '
                                 << widget->objectName().toStdString();
  }
  for (const SettingKey& key : settingKeys()) {
    if (key.name == "answers.engine") continue;  // the models page
    auto* field = settings->findChild<QWidget*>(
        QString::fromLatin1(key.name.data(), static_cast<qsizetype>(key.name.size())));
    ASSERT_NE(field, nullptr) << key.name;
    if (key.kind == SettingKey::Kind::Switch) continue;  // says itself what it is
    const auto labels = settings->findChildren<QLabel*>();
    EXPECT_TRUE(std::ranges::any_of(labels, [field](const QLabel* label) {
      return label->buddy() == field;
    })) << key.name;
  }
}

TEST_F(SettingsWindowTest, EachLetterLeadsToOneThing) {
  openSettings();
  expectNoClash(textsWithLetters(*settings));
  settings->showModels();
  expectNoClash(textsWithLetters(*settings));
}

TEST_F(SettingsWindowTest, TheShippedModelIsListedAndItsPageSaysWhatItIsWorth) {
  openModels();
  select(QStringLiteral("pocket"));
  EXPECT_TRUE(page->details()->text().contains(QStringLiteral("about one in eleven")));
  EXPECT_TRUE(
      until([&] { return page->details()->text().contains(QStringLiteral("Memory: about")); }));
  EXPECT_FALSE(button(QStringLiteral("Remove"))->isEnabled()) << "it is part of the program";
  press(QStringLiteral("Use"));
  EXPECT_EQ(window->engine()->preferences()->settings().engine, "pocket");
  EXPECT_TRUE(page->list()->currentItem()->text().contains(QStringLiteral("in use")));
  page->list()->setCurrentRow(0);
  press(QStringLiteral("Use"));
  EXPECT_TRUE(window->engine()->preferences()->settings().isExtractive());
}

// "No model" was selected, and "Use" pressed by Return.
TEST_F(SettingsWindowTest, TheModelsOpenAtWhatIsInUseAndReturnChangesNothing) {
  window->engine()->preferences()->change({{"answers.engine", std::nullopt}});
  openModels();
  EXPECT_TRUE(page->list()->currentItem()->text().contains(QStringLiteral("pocket")));
  EXPECT_TRUE(page->list()->currentItem()->text().contains(QStringLiteral("in use")));
  page->list()->setCurrentRow(0);
  for (const auto* one : settings->findChildren<QPushButton*>()) {
    EXPECT_FALSE(one->isDefault()) << one->text().toStdString();
  }
  QTest::keyClick(page->device(), Qt::Key_Return);
  EXPECT_EQ(window->engine()->preferences()->settings().engine, Settings::kFinderEngine);
  settings->close();
  window->engine()->showModels();
  EXPECT_TRUE(page->list()->currentItem()->text().contains(QStringLiteral("in use")));
}

TEST_F(SettingsWindowTest, AModelIsImportedFromItsFileToo) {
  test::writeGgufModel(folder.path() / "tiny-F32.gguf");
  openModels();
  QMenu* sources = button(QStringLiteral("Import"))->menu();
  ASSERT_NE(sources, nullptr);
  ASSERT_EQ(sources->actions().size(), 2);
  sources->actions().front()->trigger();
  auto* dialog = settings->findChild<QFileDialog*>();
  ASSERT_NE(dialog, nullptr);
  EXPECT_EQ(dialog->fileMode(), QFileDialog::ExistingFile);
  dialog->close();
  page->importModel(folder.path() / "tiny-F32.gguf");
  ASSERT_TRUE(until([&] { return page->outcome()->isVisible(); }));
  EXPECT_TRUE(page->outcome()->text().contains(QStringLiteral("was imported")))
      << page->outcome()->text().toStdString();
  ASSERT_TRUE(until([&] { return page->list()->count() == 3; }));
  select(QStringLiteral("tiny-F32"));
}

TEST_F(SettingsWindowTest, AModelIsImportedUsedVerifiedAndRemoved) {
  test::writeModel(folder.path() / "tiny");
  openModels();
  page->importModel(folder.path() / "tiny");
  ASSERT_TRUE(until([&] { return page->outcome()->isVisible(); }));
  EXPECT_TRUE(page->outcome()->text().contains(QStringLiteral("was imported")))
      << page->outcome()->text().toStdString();
  ASSERT_TRUE(until([&] { return page->list()->count() == 3; }));

  select(QStringLiteral("tiny"));
  press(QStringLiteral("Use"));
  EXPECT_TRUE(until([&] { return stored().engine == "tiny"; }));
  press(QStringLiteral("Verify"));
  ASSERT_TRUE(until([&] { return page->outcome()->text().contains(QStringLiteral("is sound")); }));

  const auto weights = folder.path() / "data/models/tiny/model.safetensors";
  std::string bytes = test::bytesOf(weights);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  ASSERT_TRUE(writeFileAtomically(weights, bytes));
  press(QStringLiteral("Verify"));
  ASSERT_TRUE(
      until([&] { return page->outcome()->text().contains(QStringLiteral("is damaged")); }));

  press(QStringLiteral("Remove"));
  ASSERT_TRUE(until([&] { return page->list()->count() == 2; }));
  EXPECT_EQ(window->engine()->preferences()->settings().engine, Settings::kFinderEngine)
      << "what was removed answers no more";
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "data/removed-models/tiny"));
}

TEST_F(SettingsWindowTest, AnImportThatFailsSaysWhyAndChangesNothing) {
  std::filesystem::create_directories(folder.path() / "empty");
  openModels();
  page->importModel(folder.path() / "empty");
  ASSERT_TRUE(until([&] { return page->outcome()->isVisible(); }));
  EXPECT_TRUE(page->outcome()->text().startsWith(QStringLiteral("⚠")));
  EXPECT_EQ(page->list()->count(), 2);
}

}  // namespace
}  // namespace lectern::gui
