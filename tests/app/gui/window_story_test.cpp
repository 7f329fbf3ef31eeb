// SPDX-License-Identifier: GPL-3.0-or-later
// The main job on a real screen: a file is dragged in from another program, a question is typed, a
// chip is clicked, and the words on the page are marked. Mouse and keys come from the X server
// (xdotool), as a person's do; nothing is sent into the window from inside.
#include "tests/app/gui/window_fixture.h"

#include <QProcess>
#include <QScreen>
#include <QStandardPaths>

namespace lectern::gui {
namespace {

class WindowStory : public WindowFixture {
 protected:
  void SetUp() override {
    if (QGuiApplication::platformName() != QStringLiteral("xcb")) {
      GTEST_SKIP() << "no X server; tests/app/gui/CMakeLists.txt starts one with xvfb-run";
    }
    if (QStandardPaths::findExecutable(QStringLiteral("xdotool")).isEmpty()) {
      GTEST_SKIP() << "xdotool is not installed";
    }
    window->setGeometry(0, 0, 1280, 800);
  }

  /// Runs xdotool while the window goes on.
  static void xdotool(const QStringList& arguments) {
    QProcess process;
    process.start(QStringLiteral("xdotool"), arguments);
    ASSERT_TRUE(until([&] { return process.state() == QProcess::NotRunning; }));
    ASSERT_EQ(process.exitCode(), 0) << process.readAllStandardError().toStdString();
  }

  static QStringList moveTo(QPoint global) {
    return {QStringLiteral("mousemove"), QString::number(global.x()), QString::number(global.y())};
  }

  static void click(QPoint global) {
    xdotool(moveTo(global) + QStringList{QStringLiteral("click"), QStringLiteral("1")});
  }

  static void click(const QWidget* widget) { click(widget->mapToGlobal(widget->rect().center())); }

  /// There is no window manager to do it.
  void focusWindow() {
    xdotool({QStringLiteral("windowfocus"), QStringLiteral("--sync"),
             QString::number(window->winId())});
    ASSERT_TRUE(QTest::qWaitForWindowActive(window.get()));
  }

  static void press(const QString& keys) {
    xdotool({QStringLiteral("key"), QStringLiteral("--clearmodifiers"), keys});
  }

  static void type(const QString& text) {
    xdotool({QStringLiteral("type"), QStringLiteral("--delay"), QStringLiteral("20"), text});
  }

  /// Drags the file out of another program's window, over the middle of ours, and lets go.
  void dragIn(const std::filesystem::path& file) {
    QProcess source;
    source.start(QStringLiteral(LECTERN_DRAG_SOURCE), {pathToQt(file)});
    ASSERT_TRUE(until([&] { return source.canReadLine(); }));
    const QStringList place =
        QString::fromLatin1(source.readLine()).trimmed().split(QLatin1Char(' '));
    QTest::qWait(300);  // until the server has drawn it
    QPoint at(place.at(0).toInt(), place.at(1).toInt());
    xdotool(moveTo(at) + QStringList{QStringLiteral("mousedown"), QStringLiteral("1")});
    const QPoint target = window->mapToGlobal(window->rect().center());
    constexpr int kSteps = 12;
    for (int step = 1; step <= kSteps; ++step) {
      xdotool(moveTo(at + (target - at) * step / kSteps));
      QTest::qWait(40);
    }
    xdotool({QStringLiteral("mouseup"), QStringLiteral("1")});
    QMenu* menu = nullptr;
    EXPECT_TRUE(until([&] {
      for (QMenu* one : window->findChildren<QMenu*>()) {
        if (one->isVisible()) menu = one;
      }
      return menu != nullptr;
    }));
    source.closeWriteChannel();
    source.waitForFinished();
    ASSERT_NE(menu, nullptr);
    QTest::qWait(100);
    click(menu->mapToGlobal(menu->actionGeometry(menu->actions().front()).center()));
  }

  /// What is on the screen, kept where LECTERN_SCREENSHOTS asks for it.
  QImage screenshot(const QString& name) {
    QTest::qWait(100);
    QImage image = window->screen()
                       ->grabWindow(0, window->x(), window->y(), window->width(), window->height())
                       .toImage();
    const QString to = qEnvironmentVariable("LECTERN_SCREENSHOTS");
    if (!to.isEmpty()) image.save(to + QLatin1Char('/') + name + QStringLiteral(".png"));
    return image;
  }

  /// The place of a link on the screen.
  static QPoint linkOf(AnswerView* answer, const QString& target) {
    QTextBrowser* body = answer->body();
    for (int y = 2; y < body->height(); y += 4) {
      for (int x = 2; x < body->width(); x += 4) {
        if (body->anchorAt({x, y}) == target) return body->viewport()->mapToGlobal(QPoint(x, y));
      }
    }
    ADD_FAILURE() << "no link " << target.toStdString();
    return {};
  }
};

TEST_F(WindowStory, DropAskWatchClickSee) {
  dragIn(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  ReaderView* reader = window->reader();
  ASSERT_TRUE(until([&] { return reader->document() != nullptr && reader->isSharp(); }));

  focusWindow();
  click(window->conversation()->questionBox());
  type(QStringLiteral("How long is the notice period?"));
  press(QStringLiteral("Return"));
  ASSERT_TRUE(until([&] {
    return window->conversation()->lastAnswer() != nullptr &&
           !window->conversation()->isAnswering();
  }));
  AnswerView* answer = window->conversation()->lastAnswer();
  ASSERT_TRUE(answer->answer().finished && answer->answer().finished->found);
  QTest::qWait(100);

  click(linkOf(answer, QStringLiteral("cite:0")));
  const Citation citation = answer->answer().citations().front();
  ASSERT_TRUE(until([&] { return !reader->evidenceInView().isEmpty(); }));
  EXPECT_EQ(reader->currentPage(), citation.page);
  ASSERT_TRUE(until([&] { return reader->isSharp(); }));
  const QRect marked = reader->evidenceInView();
  ASSERT_TRUE(reader->viewport()->rect().contains(marked.center()));

  // On the screen itself: the marker's colour lies on the words, less blue than red.
  const QImage seen = screenshot(QStringLiteral("story"));
  const QPoint corner = reader->viewport()->mapTo(window.get(), marked.topLeft());
  int yellow = 0;
  for (int x = 0; x < marked.width(); ++x) {
    const QColor pixel = seen.pixelColor(corner + QPoint(x, marked.height() / 2));
    if (pixel.red() > pixel.blue() + 40) ++yellow;
  }
  EXPECT_GT(yellow, marked.width() / 2);

  press(QStringLiteral("alt+Left"));
  EXPECT_TRUE(until([&] { return reader->currentPage() == 1; }));
  press(QStringLiteral("F8"));
  EXPECT_TRUE(until([&] { return !reader->evidenceInView().isEmpty(); }));
}

}  // namespace
}  // namespace lectern::gui
