// SPDX-License-Identifier: GPL-3.0-or-later
// Secondary text can be read over whatever palette a theme gives.
#include "app/gui/palette.h"

#include "app/gui/views/answer_view.h"
#include "tests/app/gui/looks.h"

#include <QApplication>
#include <QLabel>
#include <QLineEdit>

#include <gtest/gtest.h>

namespace lectern::gui {
namespace {

// What Qt 6.4 makes of KDE's colours: it sets those that the file has, and leaves the placeholder
// that of a light palette.
QPalette kdePalette(const QColor& text, const QColor& window, const QColor& view) {
  QPalette palette;
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    palette.setColor(role, text);
  }
  palette.setColor(QPalette::Window, window);
  palette.setColor(QPalette::Base, view);
  return palette;
}

QPalette breezeDark() {
  return kdePalette(QColor(252, 252, 252), QColor(42, 46, 50), QColor(27, 30, 32));
}

class PaletteTest : public ::testing::Test {
 protected:
  ~PaletteTest() override { QApplication::setPalette(QPalette()); }
};

void expectReadable(const QWidget& widget, QPalette::ColorRole background) {
  const QPalette palette = widget.palette();
  EXPECT_GE(contrast(palette.color(QPalette::PlaceholderText), palette.color(background)), 4.5)
      << palette.color(QPalette::PlaceholderText).name(QColor::HexArgb).toStdString();
}

TEST_F(PaletteTest, ContrastIsThatOfTheGuideline) {
  EXPECT_NEAR(contrast(Qt::black, Qt::white), 21, 0.01);
  EXPECT_NEAR(contrast(Qt::white, Qt::white), 1, 0.01);
  EXPECT_NEAR(contrast(QColor(0x77, 0x77, 0x77), Qt::white), 4.48, 0.01);
  EXPECT_NEAR(contrast(QColor(0, 0, 0, 0), Qt::white), 1, 0.01) << "nothing is not seen";
}

TEST_F(PaletteTest, SecondaryTextIsReadableWhicheverThemeComes) {
  AnswerView answer(QStringLiteral("How deep is the well?"), [](RevisionId) { return QString(); });
  QLineEdit field;
  const QPalette light = kdePalette(QColor(35, 38, 41), QColor(239, 240, 241), Qt::white);
  for (const QPalette& palette : {QPalette(), breezeDark(), light, breezeDark(), QPalette()}) {
    QApplication::setPalette(palette);
    const auto* header = answer.findChildren<QLabel*>().at(1);
    ASSERT_EQ(header->foregroundRole(), QPalette::PlaceholderText);
    expectReadable(*header, QPalette::Window);
    expectReadable(field, QPalette::Base);
    // It is still secondary.
    EXPECT_NE(header->palette().color(QPalette::PlaceholderText),
              header->palette().color(QPalette::WindowText));
  }
}

TEST_F(PaletteTest, AColourOfTheThemeThatCanBeReadIsKept) {
  QApplication::setPalette(darkPalette());
  EXPECT_EQ(QApplication::palette().color(QPalette::PlaceholderText),
            darkPalette().color(QPalette::PlaceholderText));
}

}  // namespace
}  // namespace lectern::gui
