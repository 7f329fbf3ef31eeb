// SPDX-License-Identifier: GPL-3.0-or-later
// The reader with keys and mouse: find, select, copy, turn, go somewhere.
#include "app/gui/models/outline_model.h"
#include "app/gui/models/thumbnail_model.h"
#include "app/gui/views/reader_pane.h"
#include "app/gui/widgets/find_bar.h"
#include "app/gui/widgets/page_box.h"
#include "app/gui/widgets/side_panel.h"
#include "tests/app/gui/window_fixture.h"

#include <QAccessible>
#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QScrollBar>

namespace lectern::gui {
namespace {

class ReaderTest : public WindowFixture {
 protected:
  void addSample(const char* name) {
    add(test::fixture(std::string("../../resources/sample/") + name));
    ASSERT_TRUE(until([&] { return reader()->isSharp(); }));
    ASSERT_TRUE(until([&] { return reader()->texts()->page(1) != nullptr; }));
    reader()->setFocus();
  }

  [[nodiscard]] ReaderView* reader() const { return window->reader(); }
  [[nodiscard]] ReaderPane* pane() const { return window->readerPane(); }
  [[nodiscard]] const Page& pageText(int page) const { return reader()->texts()->page(page)->page; }

  /// Opens the bar with its key and types.
  void find(const QString& words) {
    QTest::keyClick(window.get(), Qt::Key_F, Qt::ControlModifier);
    auto* field = pane()->findBar()->findChild<QLineEdit*>();
    ASSERT_TRUE(until([&] { return field->isVisible(); }));
    field->setText(words);
    ASSERT_TRUE(until([&] { return counted() != QStringLiteral("Searching …"); }));
    ASSERT_TRUE(until([&] { return !counted().endsWith(QStringLiteral("…")); }));
  }
  [[nodiscard]] QString counted() const { return pane()->findBar()->findChild<QLabel*>()->text(); }

  /// The middle of the first place where the words stand on a page.
  [[nodiscard]] QRectF placeOf(int page, const std::string& words) const {
    const size_t at = pageText(page).text.find(words);
    if (at == std::string::npos) return {};
    const auto begin = static_cast<int64_t>(at);
    return reader()->placesOf(page, {begin, begin + static_cast<int64_t>(words.size())}).at(0);
  }

  [[nodiscard]] std::string copied(Qt::KeyboardModifiers modifiers = Qt::ControlModifier) const {
    QGuiApplication::clipboard()->clear();
    QTest::keyClick(reader(), Qt::Key_C, modifiers);
    EXPECT_TRUE(until([] { return !QGuiApplication::clipboard()->text().isEmpty(); }));
    return fromQt(QGuiApplication::clipboard()->text());
  }

  void drag(QPointF from, QPointF to) {
    QTest::mousePress(reader()->viewport(), Qt::LeftButton, {}, from.toPoint());
    QTest::mouseMove(reader()->viewport(), ((from + to) / 2).toPoint());
    QTest::mouseMove(reader()->viewport(), to.toPoint());
    QTest::mouseRelease(reader()->viewport(), Qt::LeftButton, {}, to.toPoint());
  }
};

TEST_F(ReaderTest, FindsWordsAndGoesFromHitToHit) {
  addSample("tenancy-agreement.pdf");
  find(QStringLiteral("notice"));
  const int count = reader()->hits().count();
  ASSERT_GT(count, 2);
  EXPECT_EQ(counted(), QStringLiteral("1 of %1").arg(count));
  const auto first = reader()->hits().current();
  ASSERT_TRUE(until([&] { return !reader()->currentHitInView().isEmpty(); }));

  QTest::keyClick(window.get(), Qt::Key_F3);
  EXPECT_EQ(counted(), QStringLiteral("2 of %1").arg(count));
  ASSERT_TRUE(until([&] {
    return reader()->viewport()->rect().contains(reader()->currentHitInView().center());
  }));
  QTest::keyClick(window.get(), Qt::Key_F3, Qt::ShiftModifier);
  EXPECT_EQ(reader()->hits().current(), first);
  QTest::keyClick(window.get(), Qt::Key_F3, Qt::ShiftModifier);
  EXPECT_EQ(counted(), QStringLiteral("%1 of %1").arg(count)) << "around the beginning";

  const int page = reader()->hits().current()->page;
  ASSERT_TRUE(until([&] { return reader()->texts()->page(page) != nullptr; }));
  const TextSpan span = reader()->hits().currentSpan();
  EXPECT_EQ(QString::fromStdString(pageText(page).text.substr(static_cast<size_t>(span.begin),
                                                              static_cast<size_t>(span.length())))
                .toLower(),
            QStringLiteral("notice"));

  auto* field = pane()->findBar()->findChild<QLineEdit*>();
  QTest::keyClick(field, Qt::Key_Return);
  EXPECT_EQ(counted(), QStringLiteral("1 of %1").arg(count));
  QTest::keyClick(field, Qt::Key_Return, Qt::ShiftModifier);
  EXPECT_EQ(counted(), QStringLiteral("%1 of %1").arg(count));

  QTest::keyClick(field, Qt::Key_Escape);
  EXPECT_TRUE(pane()->findBar()->isHidden());
  EXPECT_EQ(reader()->hits().count(), 0);
  EXPECT_TRUE(reader()->hasFocus());
  find(QStringLiteral("rent"));
  reader()->setFocus();
  QTest::keyClick(reader(), Qt::Key_Escape);
  EXPECT_TRUE(pane()->findBar()->isHidden()) << "from the pages, too";
}

TEST_F(ReaderTest, TellsCapitalsApartAndSaysThatNothingIsFound) {
  addSample("tenancy-agreement.pdf");
  find(QStringLiteral("NOTICE"));
  const int all = reader()->hits().count();
  QTest::mouseClick(pane()->findBar()->findChild<QCheckBox*>(), Qt::LeftButton, {}, {8, 8});
  ASSERT_TRUE(until([&] { return !counted().endsWith(QStringLiteral("…")); }));
  EXPECT_LT(reader()->hits().count(), all);
  find(QStringLiteral("clavichord"));
  EXPECT_EQ(counted(), QStringLiteral("Not found"));
}

TEST_F(ReaderTest, MarksHitsByShapeOnTheWords) {
  addSample("tenancy-agreement.pdf");
  find(QStringLiteral("landlord"));
  ASSERT_TRUE(until([&] { return !reader()->currentHitInView().isEmpty(); }));
  ASSERT_TRUE(until([&] { return reader()->isSharp(); }));
  const QRect hit = reader()->currentHitInView();
  const QImage shot = reader()->viewport()->grab().toImage();
  int underlined = 0;
  for (int x = hit.left(); x <= hit.right(); ++x) {
    const QColor pixel = shot.pixelColor(x, hit.bottom());
    if (pixel.blue() > pixel.red() + 60) ++underlined;
  }
  EXPECT_GT(underlined, hit.width() * 3 / 4);
}

TEST_F(ReaderTest, SelectsByDraggingAndCopiesTheCanonicalText) {
  addSample("tenancy-agreement.pdf");
  const std::string& text = pageText(1).text;
  const TextSpan line = pageText(1).runs.front().span;
  const std::string word =
      text.substr(static_cast<size_t>(line.begin), static_cast<size_t>(line.length()));
  const QRectF place = placeOf(1, word);
  drag(place.center() - QPointF(place.width() / 2 - 1, 0),
       place.center() + QPointF(place.width() / 2 - 1, 0));
  EXPECT_EQ(copied(), word);
  const std::string reference = copied(Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_NE(reference.find(word), std::string::npos);
  EXPECT_NE(reference.find("page 1"), std::string::npos) << reference;
  QTest::keyClick(reader(), Qt::Key_Escape);
  EXPECT_TRUE(reader()->selection().isEmpty());
}

TEST_F(ReaderTest, SelectsAWordWithTwoClicksAndALineWithThree) {
  addSample("tenancy-agreement.pdf");
  const QPoint at = placeOf(1, "TENANCY").isNull() ? placeOf(1, "enancy").center().toPoint()
                                                   : placeOf(1, "TENANCY").center().toPoint();
  QTest::mouseDClick(reader()->viewport(), Qt::LeftButton, {}, at);
  const std::string word = copied();
  EXPECT_EQ(word.find(' '), std::string::npos) << word;
  EXPECT_EQ(QString::fromStdString(word).toLower(), QStringLiteral("tenancy"));
  QTest::mouseDClick(reader()->viewport(), Qt::LeftButton, {}, at);
  QTest::mousePress(reader()->viewport(), Qt::LeftButton, {}, at);
  QTest::mouseRelease(reader()->viewport(), Qt::LeftButton, {}, at);
  EXPECT_GT(copied().size(), word.size());
}

TEST_F(ReaderTest, SelectsOverPagesWhileItScrolls) {
  addSample("tenancy-agreement.pdf");
  QTest::mousePress(reader()->viewport(), Qt::LeftButton, {}, {200, 200});
  const QPoint below(200, reader()->viewport()->height() + 150);
  QTest::mouseMove(reader()->viewport(), below);
  ASSERT_TRUE(until([&] { return reader()->selection().to().page >= 2; }));
  QTest::mouseRelease(reader()->viewport(), Qt::LeftButton, {}, below);
  EXPECT_EQ(reader()->selection().from().page, 1);
  const int last = reader()->selection().to().page;
  QTest::qWait(100);
  EXPECT_EQ(reader()->selection().to().page, last) << "it stops with the button";
}

TEST_F(ReaderTest, SelectsEverythingAndByKeys) {
  addSample("tenancy-agreement.pdf");
  QTest::keyClick(reader(), Qt::Key_A, Qt::ControlModifier);
  EXPECT_EQ(static_cast<int64_t>(copied().size()), reader()->document()->info.textBytes);

  const QRectF place =
      placeOf(1, "agreement").isNull() ? placeOf(1, "greement") : placeOf(1, "agreement");
  QTest::mouseClick(reader()->viewport(), Qt::LeftButton, {},
                    QPointF(place.left() + 1, place.center().y()).toPoint());
  EXPECT_TRUE(reader()->selection().isEmpty());
  for (int i = 0; i < 3; ++i) QTest::keyClick(reader(), Qt::Key_Right, Qt::ShiftModifier);
  EXPECT_EQ(copied().size(), 3U);
  QTest::keyClick(reader(), Qt::Key_Left, Qt::ShiftModifier);
  EXPECT_EQ(copied().size(), 2U);
  QTest::keyClick(reader(), Qt::Key_Down, Qt::ShiftModifier);
  EXPECT_GT(copied().size(), 10U);
}

TEST_F(ReaderTest, SelectsHebrewInLogicalOrder) {
  addSample("notice-he.pdf");
  const Page& page = pageText(1);
  const TextSpan line = [&] {
    for (const GlyphRun& run : page.runs) {
      if (run.edges.front() > run.edges.back() && run.span.length() > 6) return run.span;
    }
    return TextSpan{};
  }();
  ASSERT_FALSE(line.isEmpty());
  const std::string word =
      page.text.substr(static_cast<size_t>(line.begin), static_cast<size_t>(line.length()));
  const QRectF place = reader()->placesOf(1, line).at(0);
  // From its beginning, which is at its right.
  drag(QPointF(place.right() - 1, place.center().y()),
       QPointF(place.left() + 1, place.center().y()));
  EXPECT_EQ(copied(), word);
  QTest::mouseClick(reader()->viewport(), Qt::LeftButton, {},
                    QPointF(place.right() - 1, place.center().y()).toPoint());
  QTest::keyClick(reader(), Qt::Key_Left, Qt::ShiftModifier);
  EXPECT_EQ(copied(), word.substr(0, 2)) << "the key to the left goes on in Hebrew";
}

TEST_F(ReaderTest, TurnsThePagesWithAllThatIsMarkedOnThem) {
  addSample("tenancy-agreement.pdf");
  find(QStringLiteral("agreement"));
  ASSERT_TRUE(until([&] { return !reader()->currentHitInView().isEmpty(); }));
  const QRect before = reader()->currentHitInView();
  EXPECT_GT(before.width(), before.height());
  QTest::keyClick(window.get(), Qt::Key_Plus, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(reader()->quarters(), 1);
  const QRect after = reader()->currentHitInView();
  EXPECT_GT(after.height(), after.width());
  ASSERT_TRUE(until([&] { return reader()->isSharp(); }));
  QTest::keyClick(window.get(), Qt::Key_Minus, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(reader()->quarters(), 0);
}

TEST_F(ReaderTest, GoesToPagesByKeysAndByTheBox) {
  addSample("tenancy-agreement.pdf");
  QTest::keyClick(window.get(), Qt::Key_End, Qt::ControlModifier);
  EXPECT_EQ(reader()->currentPage(), reader()->pageCount());
  QTest::keyClick(window.get(), Qt::Key_Home, Qt::ControlModifier);
  EXPECT_EQ(reader()->currentPage(), 1);
  QTest::keyClick(window.get(), Qt::Key_G, Qt::ControlModifier);
  auto* field = pane()->pageBox()->findChild<QLineEdit*>();
  EXPECT_TRUE(field->hasFocus());
  QTest::keyClicks(field, QStringLiteral("2"));
  QTest::keyClick(field, Qt::Key_Return);
  EXPECT_EQ(reader()->currentPage(), 2);
  EXPECT_TRUE(reader()->hasFocus());
  const int before = reader()->verticalScrollBar()->value();
  QTest::keyClick(reader(), Qt::Key_Space);
  EXPECT_GT(reader()->verticalScrollBar()->value(), before);
  QTest::keyClick(reader(), Qt::Key_Space, Qt::ShiftModifier);
  EXPECT_EQ(reader()->verticalScrollBar()->value(), before);
  QTest::keyClick(window.get(), Qt::Key_Left, Qt::AltModifier);
  EXPECT_EQ(reader()->currentPage(), 1);
}

TEST_F(ReaderTest, MarksAllEvidenceOfTheAnswerAtOnce) {
  addSample("tenancy-agreement.pdf");
  askByKeyboard(QStringLiteral("How long is the notice period?"));
  QTest::keyClick(window.get(), Qt::Key_H, Qt::ControlModifier | Qt::ShiftModifier);
  const auto citations = window->conversation()->lastAnswer()->answer().citations().size();
  EXPECT_EQ(reader()->furtherEvidence().size(), citations);
  QTest::keyClick(window.get(), Qt::Key_F8);
  EXPECT_EQ(reader()->furtherEvidence().size(), citations - 1);
  EXPECT_FALSE(reader()->evidence().rects.empty());
  QTest::keyClick(window.get(), Qt::Key_H, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_TRUE(reader()->furtherEvidence().empty());
}

// The marker's colour says that the words prove something; what only came near has an outline.
TEST_F(ReaderTest, FillsOnlyWhatIsProven) {
  addSample("tenancy-agreement.pdf");
  const auto filled = [this] {
    EXPECT_TRUE(until([&] { return reader()->isSharp(); }));
    const QRect marked = reader()->evidenceInView();
    const QImage shot = reader()->viewport()->grab().toImage();
    int yellow = 0;
    for (int x = marked.left(); x <= marked.right(); ++x) {
      const QColor pixel = shot.pixelColor(x, marked.top() + marked.height() / 4);
      if (pixel.red() > pixel.blue() + 40) ++yellow;
    }
    return yellow > marked.width() / 2;
  };
  askByKeyboard(QStringLiteral("How long is the notice period?"));
  QTest::keyClick(window.get(), Qt::Key_F8);
  EXPECT_TRUE(reader()->evidence().proven);
  EXPECT_TRUE(filled());
  askByKeyboard(QStringLiteral("Who painted the kitchen?"));
  ASSERT_FALSE(window->conversation()->lastAnswer()->answer().finished->nearest.empty());
  QTest::keyClick(window.get(), Qt::Key_F8);
  EXPECT_FALSE(reader()->evidence().proven);
  EXPECT_FALSE(filled());
  EXPECT_TRUE(reader()->evidence().name.contains(QStringLiteral("proves nothing")));
}

TEST_F(ReaderTest, ThePanelLeadsToPagesAndDrawsOnlyWhatIsSeen) {
  addSample("tenancy-agreement.pdf");
  SidePanel* panel = pane()->sidePanel();
  EXPECT_FALSE(panel->isVisible());
  QTest::keyClick(window.get(), Qt::Key_F7, Qt::ShiftModifier);
  EXPECT_TRUE(panel->isVisible());
  panel->setCurrentIndex(1);
  QListView* list = panel->thumbnails();
  ASSERT_TRUE(until([&] { return panel->thumbnailModel()->isDrawn(1); }));
  const QModelIndex second = panel->thumbnailModel()->index(1);
  QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(second).center());
  EXPECT_EQ(reader()->currentPage(), 2);
  EXPECT_EQ(list->currentIndex(), second);
}

TEST_F(ReaderTest, SaysWhereADocumentHasNoContents) {
  add(folder.write("a.txt", "The well is nine metres deep.\n"));
  QTest::keyClick(window.get(), Qt::Key_F7, Qt::ShiftModifier);
  EXPECT_TRUE(pane()->sidePanel()->saysThatThereAreNoContents());
}

TEST_F(ReaderTest, TellsScreenReadersThePageAndTheEvidence) {
  addSample("tenancy-agreement.pdf");
  EXPECT_EQ(reader()->accessibleName(), QStringLiteral("Page 1 of %1").arg(reader()->pageCount()));
  QStringList said;
  QObject::connect(pane(), &ReaderPane::announced, pane(),
                   [&](const QString& sentence) { said += sentence; });
  askByKeyboard(QStringLiteral("How long is the notice period?"));
  clickLink(window->conversation()->lastAnswer(), QStringLiteral("cite:0"));
  const std::vector<Citation> citations =
      window->conversation()->lastAnswer()->answer().citations();
  QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(reader());
  ASSERT_NE(accessible, nullptr);
  ASSERT_EQ(accessible->childCount(), 1);
  EXPECT_EQ(accessible->child(0)->text(QAccessible::Name),
            QStringLiteral("Evidence 1 of %1, page %2")
                .arg(citations.size())
                .arg(citations.front().page));
  EXPECT_TRUE(accessible->child(0)->rect().isValid());
  const int page = reader()->currentPage();
  ASSERT_TRUE(until([&] { return reader()->texts()->page(page) != nullptr; }));
  QAccessibleTextInterface* spoken = accessible->textInterface();
  ASSERT_NE(spoken, nullptr);
  EXPECT_EQ(fromQt(spoken->text(0, spoken->characterCount())), pageText(page).text);
  EXPECT_TRUE(spoken->characterRect(0).isValid());
  ASSERT_EQ(said.size(), 1);
  EXPECT_EQ(said.front(), QStringLiteral("Evidence 1 of %1, page %2")
                              .arg(citations.size())
                              .arg(citations.front().page));
}

}  // namespace
}  // namespace lectern::gui
