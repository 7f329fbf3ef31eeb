// SPDX-License-Identifier: GPL-3.0-or-later
// Heaps of files over the window and dropped on it.
#include "app/gui/drop_part.h"
#include "app/gui/widgets/drop_overlay.h"
#include "tests/app/gui/window_fixture.h"

#include <QLabel>
#include <QPushButton>

#include <ctime>

namespace lectern::gui {
namespace {

/// Processor time that this thread has used.
double threadSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

class DropTest : public WindowFixture {
 protected:
  std::filesystem::path heap(int count) {
    const auto path = folder.path() / "heap";
    std::filesystem::create_directories(path);
    for (int i = 0; i < count; ++i) {
      (void)folder.write("heap/" + std::to_string(i) + ".txt",
                         "The well number " + std::to_string(i) + " is deep.\n");
    }
    return path;
  }
  DropOverlay* overlay() { return window->findChild<DropOverlay*>(); }
  void hover(const std::filesystem::path& path) {
    data.setUrls({QUrl::fromLocalFile(pathToQt(path))});
    QDragEnterEvent enter(window->rect().center(), Qt::CopyAction, &data, Qt::LeftButton,
                          Qt::NoModifier);
    QCoreApplication::sendEvent(window.get(), &enter);
    ASSERT_TRUE(enter.isAccepted());
  }
  QPushButton* button(const QString& text) {
    for (QPushButton* one : window->jobs()->findChildren<QPushButton*>()) {
      if (one->text() == text && one->isVisible()) return one;
    }
    return nullptr;
  }

  QMimeData data;
};

TEST_F(DropTest, WhatHoversIsCountedBeforeItIsDropped) {
  const auto path = heap(3);
  (void)folder.write("heap/photo.jpg", "x");
  add(path / "1.txt");
  hover(path);
  EXPECT_TRUE(overlay()->isVisible());
  ASSERT_TRUE(until([&] { return overlay()->text().contains(QStringLiteral("3 documents, 81")); }))
      << overlay()->text().toStdString();
  EXPECT_TRUE(overlay()->text().contains(QStringLiteral("1 of them is in the library already")))
      << overlay()->text().toStdString();
  EXPECT_TRUE(overlay()->text().contains(QStringLiteral("1 file cannot be read")));
  QDragLeaveEvent leave;
  QCoreApplication::sendEvent(window.get(), &leave);
  EXPECT_FALSE(overlay()->isVisible());
}

TEST_F(DropTest, AHeapIsShownOnceMoreBeforeItIsAdded) {
  dropOnReader(heap(60));
  ASSERT_TRUE(until([&] { return button(QStringLiteral("Add them")) != nullptr; }));
  EXPECT_EQ(documents(), 0);
  const auto labels = window->jobs()->findChildren<QLabel*>();
  EXPECT_TRUE(std::ranges::any_of(labels, [](const QLabel* label) {
    return label->text().contains(QStringLiteral("60 documents"));
  }));
  QTest::mouseClick(button(QStringLiteral("Cancel")), Qt::LeftButton);
  EXPECT_EQ(window->jobs()->rowCount(), 0);

  dropOnReader(folder.path() / "heap");
  ASSERT_TRUE(until([&] { return button(QStringLiteral("Add them")) != nullptr; }));
  QTest::mouseClick(button(QStringLiteral("Add them")), Qt::LeftButton);
  EXPECT_TRUE(until([&] { return documents() > 2; }));
}

TEST_F(DropTest, FewFilesComeInAtOnce) {
  dropOnReader(heap(3));
  EXPECT_TRUE(until([&] { return documents() == 3; }));
}

TEST_F(DropTest, AFolderWithoutDocumentsIsSaid) {
  std::filesystem::create_directories(folder.path() / "empty");
  dropOnReader(folder.path() / "empty");
  EXPECT_TRUE(until([&] { return button(QStringLiteral("Dismiss")) != nullptr; }));
}

TEST_F(DropTest, NothingOfALargeFolderIsWalkedInTheWindowsThread) {
  const auto path = heap(5000);
  const double before = threadSeconds();
  hover(path);
  EXPECT_LT(threadSeconds() - before, 0.05);
  EXPECT_TRUE(overlay()->text().contains(QStringLiteral("still counting")));
  EXPECT_TRUE(until([&] { return overlay()->text().contains(QStringLiteral("5,000 documents")); }));
}

}  // namespace
}  // namespace lectern::gui
