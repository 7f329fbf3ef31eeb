// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/outline_model.h"
#include "app/gui/models/thumbnail_model.h"
#include "app/gui/views/find_hits.h"
#include "app/gui/views/page_layout.h"
#include "app/gui/views/page_text.h"
#include "app/gui/views/text_selection.h"
#include "app/gui/widgets/page_box.h"

#include <QAbstractItemModelTester>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace lectern::gui {
namespace {

TEST(OutlineModel, MakesATreeOfLevelsThatMayBeLeftOut) {
  OutlineModel model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  model.setOutline({{2, "Preface", 1, 0},
                    {1, "One", 3, 0},
                    {3, "Deep", 4, 0},
                    {2, "Less", 6, 0},
                    {1, "Elsewhere", 0, 0},
                    {1, "Two", 9, 0}});
  EXPECT_EQ(model.rowCount({}), 4);
  const QModelIndex one = model.index(1, 0, {});
  EXPECT_EQ(one.data(Qt::AccessibleTextRole).toString(), QStringLiteral("One"));
  EXPECT_EQ(model.rowCount(one), 2);
  EXPECT_EQ(model.index(1, 0, one).data(Qt::AccessibleTextRole).toString(), QStringLiteral("Less"));
  EXPECT_EQ(model.sectionAt(5).data(Qt::AccessibleTextRole).toString(), QStringLiteral("Deep"));
  EXPECT_EQ(model.sectionAt(8).data(Qt::AccessibleTextRole).toString(), QStringLiteral("Less"));
  EXPECT_EQ(model.sectionAt(20).data(Qt::AccessibleTextRole).toString(), QStringLiteral("Two"));
  EXPECT_FALSE(model.sectionAt(0).isValid());
  model.setOutline({});
  EXPECT_EQ(model.rowCount({}), 0);
}

DocumentViewPtr pages(int count) {
  auto document = std::make_shared<DocumentView>();
  document->info.id = RevisionId(7);
  for (int page = 1; page <= count; ++page) {
    document->pages.push_back(
        {page, page <= 4 ? std::string("i") : std::to_string(page), 600, 800, PageState::Text});
  }
  return document;
}

TEST(ThumbnailModel, AsksForOneAfterTheOtherOfThoseThatAreSeen) {
  ThumbnailModel model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  std::vector<int> asked;
  std::vector<std::stop_token> stops;
  QObject::connect(&model, &ThumbnailModel::drawWanted,
                   [&](RevisionId, int page, double, const std::stop_token& stop) {
                     asked.push_back(page);
                     stops.push_back(stop);
                   });
  model.setDocument(pages(100));
  EXPECT_TRUE(asked.empty()) << "nothing is seen yet";
  model.want(10, 12);
  EXPECT_EQ(asked, std::vector<int>({10}));
  model.take(RevisionId(7), 10, QImage(10, 10, QImage::Format_RGB32));
  EXPECT_EQ(asked, std::vector<int>({10, 11}));
  model.want(50, 52);
  EXPECT_TRUE(stops[1].stop_requested()) << "scrolled past";
  EXPECT_EQ(asked.back(), 50);
  model.take(RevisionId(7), 11, QImage(10, 10, QImage::Format_RGB32));
  EXPECT_FALSE(model.isDrawn(11)) << "it is not wanted any more";
  model.take(RevisionId(7), 50, QImage());
  EXPECT_TRUE(model.isDrawn(50)) << "a page that cannot be drawn is not tried again";
  model.want(1, 0);
  EXPECT_EQ(model.pendingCount(), 0);
  model.setDocument(nullptr);
  EXPECT_EQ(model.rowCount({}), 0);
}

TEST(FindHits, CountsInTheOrderOfThePagesHoweverTheyComeIn) {
  FindHits hits;
  hits.add({5, {{0, 3}, {8, 11}}});
  hits.setCurrentFrom(4);
  EXPECT_EQ(hits.currentNumber(), 1);
  hits.add({2, {{1, 4}}});
  EXPECT_EQ(hits.count(), 3);
  EXPECT_EQ(hits.currentNumber(), 2);
  EXPECT_EQ(hits.currentSpan(), (TextSpan{0, 3}));
  hits.step(true);
  hits.step(true);
  EXPECT_EQ(hits.currentNumber(), 1) << "around the end";
  hits.step(false);
  EXPECT_EQ(hits.currentSpan(), (TextSpan{8, 11}));
  FindHits before;
  before.add({2, {{1, 4}}});
  before.setCurrentFrom(9);
  EXPECT_EQ(before.currentNumber(), 1) << "none behind it: the first of all";
}

TEST(PageBox, TakesANumberFirstAndThenALabel) {
  const DocumentViewPtr document = pages(6);
  EXPECT_EQ(pageNamed(QStringLiteral(" 3 "), document->pages), 3);
  EXPECT_EQ(pageNamed(QStringLiteral("I"), document->pages), 1);
  EXPECT_EQ(pageNamed(QStringLiteral("7"), document->pages), std::nullopt);
  EXPECT_EQ(pageNamed(QStringLiteral("0"), document->pages), std::nullopt);
  EXPECT_EQ(pageNamed(QString(), document->pages), std::nullopt);
}

TEST(PageLayout, TurnsPlacesWithThePage) {
  PageLayout layout;
  layout.setPages({{1, {}, 600, 800, PageState::Text}});
  layout.setView({824, 624});
  const Rect corner{0, 0, Rect::kUnit / 2, Rect::kUnit / 4};
  layout.turn(1);
  const QRectF page = layout.page(1);
  EXPECT_GT(page.width(), page.height());
  EXPECT_EQ(layout.onPage(corner, page).topRight(), page.topRight()) << "the top left is right now";
  for (int quarters = 0; quarters < 4; ++quarters) {
    const QRectF shown = layout.page(1);
    const QPointF point = layout.onPage({6000, 9000, 6000, 9000}, shown).topLeft();
    const QPointF share = layout.shareAt(point, shown);
    EXPECT_NEAR(share.x(), 6000.0 / Rect::kUnit, 1e-9) << quarters;
    EXPECT_NEAR(share.y(), 9000.0 / Rect::kUnit, 1e-9) << quarters;
    layout.turn(1);
  }
  layout.turn(-2);
  EXPECT_EQ(layout.quarters(), 3);
}

TEST(TextSelection, KeepsWhatItBeganWithWhicheverWayItGoes) {
  TextSelection selection;
  EXPECT_FALSE(selection.hasBegun());
  selection.begin(3, {10, 14});
  selection.extend(3, {2, 5});
  EXPECT_EQ(selection.from(), (TextPlace{3, 2}));
  EXPECT_EQ(selection.to(), (TextPlace{3, 14}));
  EXPECT_EQ(selection.cursor(), (TextPlace{3, 2}));
  selection.extend(5, {7, 9});
  EXPECT_EQ(selection.on(3).begin, 10);
  EXPECT_EQ(selection.on(4).begin, 0);
  EXPECT_EQ(selection.on(5), (TextSpan{0, 9}));
  EXPECT_TRUE(selection.on(6).isEmpty());
  selection.clear();
  EXPECT_TRUE(selection.isEmpty());
}

/// Two lines of two words, each letter 100 units wide; the second line runs right to left.
Page twoLines() {
  Page page;
  page.widthPt = page.heightPt = 600;
  page.text = "ab cd אב גד\n\n";
  const auto run = [&](int64_t begin, int64_t end, uint16_t left, uint16_t top, bool rtl,
                       bool starts) {
    GlyphRun r;
    r.span = {begin, end};
    r.flags = starts ? GlyphRun::StartsLine : 0;
    r.box = {left, top, static_cast<uint16_t>(left + 200), static_cast<uint16_t>(top + 100)};
    r.edges = {left, static_cast<uint16_t>(left + 100), static_cast<uint16_t>(left + 200)};
    if (rtl) std::swap(r.edges.front(), r.edges.back());
    page.runs.push_back(r);
  };
  run(0, 2, 1000, 1000, false, true);
  run(3, 5, 1300, 1000, false, false);
  run(6, 10, 1300, 1200, true, true);
  run(11, 15, 1000, 1200, true, false);
  return page;
}

TextPoint at(const Page& page, double x, double y) {
  return textAt(page, x / Rect::kUnit, y / Rect::kUnit).value();
}

TEST(PageText, FindsTheTextUnderAPoint) {
  const Page page = twoLines();
  EXPECT_EQ(at(page, 1010, 1050).cursor, 0);
  EXPECT_EQ(at(page, 1090, 1050).cursor, 1);
  EXPECT_EQ(at(page, 1090, 1050).character, 0);
  EXPECT_EQ(at(page, 5000, 1050).cursor, 5) << "behind the line";
  EXPECT_EQ(at(page, 1490, 1250).cursor, 6) << "the beginning is at the right";
  EXPECT_EQ(at(page, 1010, 1250).cursor, 15);
  EXPECT_EQ(at(page, 1200, 0).cursor, 2) << "above the first line";
  EXPECT_FALSE(textAt(Page(), 0.5, 0.5));
}

TEST(PageText, KnowsWordsAndLines) {
  const Page page = twoLines();
  EXPECT_EQ(wordAt(page, 4), (TextSpan{3, 5}));
  EXPECT_EQ(wordAt(page, 6), (TextSpan{6, 10}));
  EXPECT_EQ(lineAt(page, 4), (TextSpan{0, 5}));
  EXPECT_EQ(lineAt(page, 8), (TextSpan{6, 15}));
  EXPECT_FALSE(runsRightToLeft(page, 1));
  EXPECT_TRUE(runsRightToLeft(page, 8));
}

TEST(PageText, MovesByCharacterWordAndLine) {
  const Page page = twoLines();
  EXPECT_EQ(nextCharacter(page, 0, true), 1);
  EXPECT_EQ(nextCharacter(page, 6, true), 8) << "a letter has two bytes";
  EXPECT_EQ(nextCharacter(page, 8, false), 6);
  EXPECT_EQ(nextCharacter(page, 0, false), std::nullopt);
  EXPECT_EQ(nextCharacter(page, static_cast<int64_t>(page.text.size()), true), std::nullopt);
  EXPECT_EQ(nextWord(page, 1, true), 2);
  EXPECT_EQ(nextWord(page, 2, true), 5);
  EXPECT_EQ(nextWord(page, 3, false), 0);
  EXPECT_EQ(nextLine(page, 0, true), 15) << "straight below";
  EXPECT_EQ(nextLine(page, 15, false), 0);
  EXPECT_EQ(nextLine(page, 0, false), std::nullopt);
  EXPECT_EQ(nextLine(page, 8, true), std::nullopt);
}

TEST(PageText, KeepsMarksWithTheirLetter) {
  Page page;
  page.text = "e\u0301x";
  EXPECT_EQ(nextCharacter(page, 0, true), 3);
  EXPECT_EQ(nextCharacter(page, 3, false), 0);
}

}  // namespace
}  // namespace lectern::gui
