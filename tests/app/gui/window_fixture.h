// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/strings.h"
#include "app/gui/main_window.h"
#include "app/gui/models/library_model.h"
#include "app/gui/views/answer_view.h"
#include "app/gui/views/conversation_view.h"
#include "app/gui/widgets/job_strip.h"
#include "app/workspace/settings_file.h"
#include "tests/support/fixtures.h"
#include "tests/support/temporary_folder.h"

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QInputMethodEvent>
#include <QMenu>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QTest>
#include <QTextBrowser>
#include <QTreeView>

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace lectern::gui {

/// A window over a library of its own, and what a person does with it. Questions are answered
/// without a model until a test chooses one.
class WindowFixture : public ::testing::Test {
 protected:
  WindowFixture() {
    EXPECT_TRUE(changeSettings(folder.path() / "config", {{"answers.engine", "extractive"}}));
    open();
  }

  void open() {
    window.reset();
    WorkspaceOptions options;
    options.dataFolder = folder.path() / "data";
    options.helper = LECTERN_HELPER_PROGRAM;
    auto bridge = DeskBridge::open(options);
    ASSERT_TRUE(bridge) << bridge.error().message;
    window = std::make_unique<MainWindow>(
        std::move(*bridge), MainWindowOptions{folder.path() / "window.ini",
                                              folder.path() / "config", folder.path() / "data"});
    // The screen of tests is smaller than what most windows have.
    if (!std::filesystem::exists(folder.path() / "window.ini")) window->resize(1280, 800);
    window->show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(window.get()));
  }

  static testing::AssertionResult until(const std::function<bool()>& holds) {
    return QTest::qWaitFor(holds, 60'000) ? testing::AssertionSuccess()
                                          : testing::AssertionFailure() << "waited in vain";
  }

  [[nodiscard]] int documents() const {
    return window->library()->rowCount(window->library()->index(0, 0, {}));
  }

  void add(const std::filesystem::path& file) {
    const int before = documents();
    window->addFiles({file});
    ASSERT_TRUE(until([&] {
      return documents() == before + 1 && window->jobs()->rowCount() == 0 &&
             window->reader()->document() != nullptr;
    }));
  }

  void askByKeyboard(const QString& question) {
    QTest::keyClick(window.get(), Qt::Key_L, Qt::ControlModifier);
    QPlainTextEdit* box = window->conversation()->questionBox();
    // As an input method does it: QTest has keys for Latin letters alone.
    QInputMethodEvent typed;
    typed.setCommitString(question);
    QCoreApplication::sendEvent(box, &typed);
    QTest::keyClick(box, Qt::Key_Return);
    ASSERT_TRUE(until([&] {
      return window->conversation()->lastAnswer() != nullptr &&
             !window->conversation()->isAnswering();
    }));
  }

  void dropOnReader(const std::filesystem::path& file) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(pathToQt(file))});
    const QPoint at = window->rect().center();
    QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(window.get(), &enter);
    ASSERT_TRUE(enter.isAccepted());
    QDropEvent drop(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(window.get(), &drop);
    ASSERT_TRUE(drop.isAccepted());
    const auto menus = window->findChildren<QMenu*>(QString(), Qt::FindDirectChildrenOnly);
    for (QMenu* menu : menus) {
      if (!menu->isVisible()) continue;
      QTest::keyClick(menu, Qt::Key_Return);
    }
    // Without a window manager nobody gives it back what the menu had.
    window->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(window.get()));
  }

  /// Clicks the N-th link of an answer with the mouse.
  static void clickLink(AnswerView* answer, const QString& target) {
    QTextBrowser* body = answer->body();
    for (int y = 2; y < body->height(); y += 4) {
      for (int x = 2; x < body->width(); x += 4) {
        if (body->anchorAt({x, y}) != target) continue;
        QTest::mouseClick(body->viewport(), Qt::LeftButton, {}, {x, y});
        return;
      }
    }
    FAIL() << "no link " << target.toStdString();
  }

  test::TemporaryFolder folder;
  std::unique_ptr<MainWindow> window;
};

}  // namespace lectern::gui
