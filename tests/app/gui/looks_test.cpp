// SPDX-License-Identifier: GPL-3.0-or-later
// How the window looks: light, dark, mirrored, small, and with something gone wrong. The words of a
// citation must be in view and marked in each. With LECTERN_SCREENSHOTS the pictures go to that
// folder: resources/screenshots has them, and the README shows them.
#include "tests/app/gui/looks.h"

#include "app/gui/models/thumbnail_model.h"
#include "app/gui/views/reader_pane.h"
#include "app/gui/widgets/find_bar.h"
#include "app/gui/widgets/side_panel.h"
#include "app/gui/widgets/welcome.h"
#include "tests/app/gui/window_fixture.h"

#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>

namespace lectern::gui {
namespace {

class Looks : public WindowFixture {
 protected:
  Looks() {  // as a new user has it
    EXPECT_TRUE(changeSettings(folder.path() / "config", {{"answers.engine", std::nullopt}}));
    open();
  }
  ~Looks() override {
    QApplication::setPalette(QPalette());
    QApplication::setLayoutDirection(Qt::LeftToRight);
  }

  void addShelf() {
    for (const char* name :
         {"tenancy-agreement.pdf", "dehumidifier-manual.md", "hausordnung.txt", "notice-he.pdf"}) {
      add(test::fixture(std::string("../../resources/sample/") + name));
    }
  }

  void expectMarkedEvidence() {
    clickLink(window->conversation()->lastAnswer(), QStringLiteral("cite:0"));
    ASSERT_TRUE(until([&] { return !window->reader()->evidenceInView().isEmpty(); }));
    ASSERT_TRUE(until([&] { return window->reader()->isSharp(); }));
    const QRect marked = window->reader()->evidenceInView();
    EXPECT_TRUE(window->reader()->viewport()->rect().contains(marked.center()));
  }

  void find(const QString& words) {
    QTest::keyClick(window.get(), Qt::Key_F, Qt::ControlModifier);
    window->readerPane()->findBar()->findChild<QLineEdit*>()->setText(words);
    ASSERT_TRUE(until([&] { return !window->reader()->currentHitInView().isEmpty(); }));
  }

  void openPanel(int tab) {
    QTest::keyClick(window.get(), Qt::Key_F7, Qt::ShiftModifier);
    SidePanel* panel = window->readerPane()->sidePanel();
    panel->setCurrentIndex(tab);
    ASSERT_TRUE(until([&] { return tab == 0 || panel->thumbnailModel()->isDrawn(1); }));
    ASSERT_TRUE(until([&] { return window->reader()->isSharp(); }));
  }

  void picture(const QString& name) { gui::picture(window.get(), name); }
};

TEST_F(Looks, FirstRun) {
  ASSERT_TRUE(until([&] { return window->findChild<Welcome*>()->isVisible(); }));
  const auto buttons = window->findChild<Welcome*>()->findChildren<QPushButton*>();
  ASSERT_EQ(buttons.size(), 2);
  picture(QStringLiteral("first-run"));
  window->resize(900, 600);
  picture(QStringLiteral("first-run-small"));
  add(folder.write("well.txt", "The well is nine metres deep.\n"));
  EXPECT_FALSE(window->findChild<Welcome*>()->isVisible());
}

TEST_F(Looks, Summary) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  QTest::keyClick(window.get(), Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
  ASSERT_TRUE(until([&] {
    return window->conversation()->lastAnswer() != nullptr &&
           !window->conversation()->isAnswering();
  }));
  ASSERT_TRUE(until([&] { return window->reader()->isSharp(); }));
  picture(QStringLiteral("summary"));
}

TEST_F(Looks, Light) {
  addShelf();
  askByKeyboard(QStringLiteral("How long is the notice period?"));
  expectMarkedEvidence();
  picture(QStringLiteral("light"));
}

TEST_F(Looks, Dark) {
  QApplication::setPalette(darkPalette());
  addShelf();
  askByKeyboard(QStringLiteral("Wann wird die Papiertonne geleert?"));
  expectMarkedEvidence();
  picture(QStringLiteral("dark"));
}

TEST_F(Looks, Mirrored) {
  QApplication::setLayoutDirection(Qt::RightToLeft);
  open();
  add(test::fixture("../../resources/sample/notice-he.pdf"));
  askByKeyboard(QStringLiteral("מתי יתחיל שיפוץ חדר המדרגות?"));
  expectMarkedEvidence();
  picture(QStringLiteral("mirrored"));
}

TEST_F(Looks, Small) {
  window->resize(900, 600);
  addShelf();
  askByKeyboard(QStringLiteral("How long is the notice period?"));
  expectMarkedEvidence();
  EXPECT_EQ(window->size(), QSize(900, 600));
  picture(QStringLiteral("small"));
}

// The side panes kept their widths, and the page was drawn at 19 %.
TEST_F(Looks, SmallScreen) {
  addShelf();
  askByKeyboard(QStringLiteral("How long is the notice period?"));
  window->resize(800, 600);
  expectMarkedEvidence();
  EXPECT_EQ(window->size(), QSize(800, 600));
  EXPECT_GE(window->readerPane()->width(), 800 * 2 / 5);
  for (const auto* label : window->readerPane()->findChildren<QLabel*>()) {
    if (!label->isVisible()) continue;
    EXPECT_GE(label->width(), label->minimumSizeHint().width()) << label->text().toStdString();
  }
  picture(QStringLiteral("small-screen"));
}

TEST_F(Looks, FitsTheScreenTheFirstTime) {
  MainWindow first(DeskBridge::open({folder.path() / "other"}).value(), {});
  const QSize screen = first.screen()->availableSize();
  EXPECT_LT(first.width(), screen.width());
  EXPECT_LT(first.height(), screen.height());
}

TEST_F(Looks, Finding) {
  window->resize(1280, 800);
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  askByKeyboard(QStringLiteral("How long is the notice period?"));
  expectMarkedEvidence();
  QTest::keyClick(window.get(), Qt::Key_H, Qt::ControlModifier | Qt::ShiftModifier);
  find(QStringLiteral("notice"));
  openPanel(1);
  picture(QStringLiteral("finding"));
}

TEST_F(Looks, FindingMirrored) {
  QApplication::setLayoutDirection(Qt::RightToLeft);
  open();
  window->resize(900, 600);
  add(test::fixture("../../resources/sample/notice-he.pdf"));
  find(QStringLiteral("הבית"));
  openPanel(0);
  ReaderView* reader = window->reader();
  ASSERT_TRUE(until([&] { return reader->texts()->page(1) != nullptr && reader->isSharp(); }));
  const QRect hit = reader->currentHitInView();
  QTest::mouseDClick(reader->viewport(), Qt::LeftButton, {}, hit.center() + QPoint(0, 60));
  EXPECT_FALSE(reader->selection().isEmpty());
  picture(QStringLiteral("finding-mirrored"));
}

TEST_F(Looks, Turned) {
  QApplication::setPalette(darkPalette());
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  askByKeyboard(QStringLiteral("How long is the notice period?"));
  QTest::keyClick(window.get(), Qt::Key_Plus, Qt::ControlModifier | Qt::ShiftModifier);
  find(QStringLiteral("notice"));
  expectMarkedEvidence();
  window->reader()->selectAll();
  picture(QStringLiteral("turned"));
}

TEST_F(Looks, WithProblems) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  window->addFiles({"/nowhere/lease.pdf", test::fixture("pdf/hostile/truncated-10.pdf")});
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 2; }));
  askByKeyboard(QStringLiteral("Which violin concerto did the plumber compose?"));
  ASSERT_TRUE(until([&] { return window->reader()->isSharp(); }));
  picture(QStringLiteral("problems"));
}

}  // namespace
}  // namespace lectern::gui
