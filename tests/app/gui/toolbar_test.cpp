// SPDX-License-Identifier: GPL-3.0-or-later
// The tools at the top of the window: named, reached by Tab, drawn in the text's colour, mirrored.
#include "app/gui/widgets/symbol_icon.h"
#include "app/gui/widgets/zoom_button.h"
#include "tests/app/gui/window_fixture.h"

#include <QMenu>
#include <QToolBar>
#include <QToolButton>

#include <map>

namespace lectern::gui {
namespace {

class ToolbarTest : public WindowFixture {
 protected:
  [[nodiscard]] QToolBar* bar() const {
    return window->findChild<QToolBar*>(QStringLiteral("tools"));
  }
  [[nodiscard]] QToolButton* button(const QString& name) const {
    for (auto* one : bar()->findChildren<QToolButton*>()) {
      if (one->accessibleName() == name) return one;
    }
    return nullptr;
  }
};

TEST_F(ToolbarTest, EachToolHasANameAndSaysItsKeys) {
  window->resize(1280, 800);
  QCoreApplication::processEvents();
  int tools = 0;
  for (const auto* one : bar()->findChildren<QToolButton*>()) {
    if (one->objectName().startsWith(QStringLiteral("qt_"))) continue;
    ++tools;
    EXPECT_TRUE(one->isVisible()) << one->accessibleName().toStdString();
    EXPECT_FALSE(one->accessibleName().isEmpty());
    EXPECT_FALSE(one->accessibleName().contains(QLatin1Char('&')));
    EXPECT_EQ(one->focusPolicy(), Qt::TabFocus);
  }
  EXPECT_EQ(tools, 10);
  EXPECT_TRUE(button(QStringLiteral("Find …"))->toolTip().contains(QStringLiteral("Ctrl+F")));
}

TEST_F(ToolbarTest, ZoomsAndTurns) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  auto* zoom = window->findChild<ZoomButton*>();
  const double before = window->reader()->scale();
  QTest::mouseClick(button(QStringLiteral("Zoom in")), Qt::LeftButton);
  EXPECT_GT(window->reader()->scale(), before);
  zoom->menu()->actions().front()->trigger();
  EXPECT_NEAR(window->reader()->scale(), 0.5 * window->logicalDpiX() / 72, 1e-6);
  EXPECT_TRUE(zoom->text().contains(QStringLiteral("50 %")));
  EXPECT_EQ(zoom->accessibleName(), QStringLiteral("Size of the pages: 50 %"));
  QTest::mouseClick(button(QStringLiteral("Turn to the right")), Qt::LeftButton);
  EXPECT_EQ(window->reader()->quarters(), 1);
}

TEST_F(ToolbarTest, BackAndForwardAreThereWhereTheyLeadSomewhere) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  QToolButton* back = button(QStringLiteral("Back"));
  QToolButton* forward = button(QStringLiteral("Forward"));
  EXPECT_FALSE(back->isEnabled());
  QTest::keyClick(window.get(), Qt::Key_End, Qt::ControlModifier);
  EXPECT_TRUE(back->isEnabled());
  EXPECT_FALSE(forward->isEnabled());
  QTest::mouseClick(back, Qt::LeftButton);
  EXPECT_EQ(window->reader()->currentPage(), 1);
  EXPECT_TRUE(forward->isEnabled());
  EXPECT_FALSE(back->isEnabled());
}

QImage drawn(Symbol symbol) {
  return symbolIcon(symbol).pixmap(48, 48).toImage().convertToFormat(QImage::Format_ARGB32);
}

TEST(SymbolIcon, IsDrawnInTheColourOfTextAndEachLooksDifferent) {
  const QPalette before = QApplication::palette();
  QPalette palette = before;
  palette.setColor(QPalette::ButtonText, QColor(200, 30, 40));
  QApplication::setPalette(palette);
  std::vector<QImage> seen;
  for (int i = 0; i <= static_cast<int>(Symbol::Follow); ++i) {
    const QImage image = drawn(Symbol(i));
    int inked = 0;
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) {
        const QColor pixel = image.pixelColor(x, y);
        if (pixel.alpha() < 250) continue;
        ++inked;
        EXPECT_NEAR(pixel.red(), 200, 3);
        EXPECT_NEAR(pixel.green(), 30, 3);
      }
    }
    EXPECT_GT(inked, 40) << i;
    for (const QImage& other : seen) EXPECT_NE(image, other) << i;
    seen.push_back(image);
  }
  QApplication::setPalette(before);
}

TEST(SymbolIcon, PointsTheOtherWayWhereTheWindowIsMirrored) {
  const QImage back = drawn(Symbol::Back);
  QApplication::setLayoutDirection(Qt::RightToLeft);
  const QImage mirrored = drawn(Symbol::Back);
  const QImage find = drawn(Symbol::Find);
  QApplication::setLayoutDirection(Qt::LeftToRight);
  EXPECT_NE(mirrored, back);
  EXPECT_EQ(find, drawn(Symbol::Find));
  const auto inkLeft = [](const QImage& image) {
    int ink = 0;
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width() / 2; ++x) ink += qAlpha(image.pixel(x, y));
    }
    return ink;
  };
  EXPECT_GT(inkLeft(back), inkLeft(mirrored));
}

}  // namespace
}  // namespace lectern::gui
