// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/budget_bar.h"

#include <QAccessible>
#include <QSignalSpy>
#include <QTest>

#include <gtest/gtest.h>

namespace lectern::gui {
namespace {

using Kind = BudgetPart::Kind;

class BudgetBarTest : public ::testing::Test {
 protected:
  BudgetBarTest() {
    bar.resize(600, 28);
    bar.setBudget(QStringLiteral("10,000 of 20,000 tokens"),
                  {{QStringLiteral("Instructions"), 120, Kind::Prompt},
                   {QStringLiteral("lease.pdf"), 9'000, Kind::Document},
                   {QStringLiteral("tiny.txt"), 1, Kind::Document},
                   {QStringLiteral("Answer"), 879, Kind::Answer},
                   {QStringLiteral("Free"), 10'000, Kind::Free}});
    bar.show();
    bar.setFocus();
    EXPECT_TRUE(QTest::qWaitForWindowActive(&bar));
  }

  BudgetBar bar;
};

TEST_F(BudgetBarTest, PartsStandInARowAndAreAsWideAsTheirTokens) {
  for (int i = 0; i + 1 < 5; ++i) {
    EXPECT_EQ(bar.partRect(i).right() + 1, bar.partRect(i + 1).left());
    EXPECT_GE(bar.partRect(i).width(), 3) << "even one token can be seen";
  }
  EXPECT_NEAR(bar.partRect(1).width() * 10.0 / 9, bar.partRect(4).width(), 6);
}

TEST_F(BudgetBarTest, IsMirroredWithTheWindow) {
  const QRect first = bar.partRect(0);
  bar.setLayoutDirection(Qt::RightToLeft);
  EXPECT_GT(bar.partRect(0).left(), bar.partRect(1).left());
  EXPECT_EQ(bar.partRect(0).width(), first.width());
  QTest::keyClick(&bar, Qt::Key_Left);
  EXPECT_EQ(bar.currentPart(), 1);
}

TEST_F(BudgetBarTest, ArrowKeysStepThroughThePartsAndReadersHearThem) {
  QAccessibleInterface* heard = QAccessible::queryAccessibleInterface(&bar);
  ASSERT_NE(heard, nullptr);
  EXPECT_EQ(heard->text(QAccessible::Name), QStringLiteral("What is in the context"));
  QTest::keyClick(&bar, Qt::Key_Right);
  EXPECT_EQ(heard->text(QAccessible::Value), QStringLiteral("lease.pdf: 9,000 tokens"));
  EXPECT_EQ(heard->valueInterface()->currentValue().toLongLong(), 9'000);
  EXPECT_EQ(heard->valueInterface()->maximumValue().toLongLong(), 20'000);
  QTest::keyClick(&bar, Qt::Key_End);
  QTest::keyClick(&bar, Qt::Key_Right);
  EXPECT_EQ(bar.currentPart(), 4);
  QTest::keyClick(&bar, Qt::Key_Home);
  EXPECT_EQ(heard->text(QAccessible::Value), QStringLiteral("Instructions: 120 tokens"));
}

TEST_F(BudgetBarTest, AClickAndReturnAskForTheList) {
  const QSignalSpy wanted(&bar, &BudgetBar::listWanted);
  QTest::mouseClick(&bar, Qt::LeftButton, {}, bar.partRect(1).center());
  EXPECT_EQ(wanted.count(), 1);
  EXPECT_EQ(bar.currentPart(), 1);
  QTest::keyClick(&bar, Qt::Key_Return);
  EXPECT_EQ(wanted.count(), 2);
}

TEST_F(BudgetBarTest, NeighboursDifferWithoutColoursToo) {
  const QImage shot = bar.grab().toImage().convertToFormat(QImage::Format_Grayscale8);
  const auto ink = [&](int part) {
    const QRect box = bar.partRect(part).adjusted(2, 2, -2, -2);
    double sum = 0;
    for (int x = box.left(); x <= box.right(); ++x) {
      for (int y = box.top(); y <= box.bottom(); ++y) sum += qGray(shot.pixel(x, y));
    }
    return sum / (box.width() * box.height());
  };
  EXPECT_GT(std::abs(ink(1) - ink(4)), 20);
  EXPECT_GT(std::abs(ink(3) - ink(4)), 20);
}

TEST_F(BudgetBarTest, WithoutPartsItSaysItsSentence) {
  bar.setBudget(QStringLiteral("No model is used"), {});
  EXPECT_EQ(QAccessible::queryAccessibleInterface(&bar)->text(QAccessible::Value),
            QStringLiteral("No model is used"));
  QTest::keyClick(&bar, Qt::Key_Right);
  EXPECT_EQ(bar.currentPart(), 0);
}

}  // namespace
}  // namespace lectern::gui
