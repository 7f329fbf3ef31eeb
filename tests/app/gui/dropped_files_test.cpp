// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/dropped_files.h"

#include "app/gui/bridge/strings.h"
#include "tests/app/support/temporary_folder.h"

#include <gmock/gmock.h>

namespace lectern::gui {
namespace {

QUrl urlOf(const std::filesystem::path& path) {
  return QUrl::fromLocalFile(pathToQt(path));
}

TEST(DroppedFiles, WalksFoldersAndCountsWhatNoReaderTakes) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "a" / "b");
  std::filesystem::create_directories(folder.path() / "a" / ".git");
  const auto pdf = folder.write("a/b/Lease.PDF", "%PDF-");
  const auto text = folder.write("a/notes.txt", "words");
  (void)folder.write("a/photo.jpg", "x");
  (void)folder.write("a/.hidden.txt", "x");
  (void)folder.write("a/.git/readme.md", "x");
  const DroppedFiles dropped = filesOf({urlOf(folder.path() / "a")}, 1000);
  EXPECT_THAT(dropped.files, ::testing::ElementsAre(pdf, text));
  EXPECT_EQ(dropped.unsupported, 1);
  EXPECT_FALSE(dropped.more);
}

TEST(DroppedFiles, TakesAFileThatWasNamedWhateverItIsCalled) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("lease", "words");
  EXPECT_THAT(filesOf({urlOf(file)}, 10).files, ::testing::ElementsAre(file));
}

TEST(DroppedFiles, SaysWhenThereIsMoreThanItLookedAt) {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 20; ++i) (void)folder.write(std::to_string(i) + ".txt", "x");
  const DroppedFiles dropped = filesOf({urlOf(folder.path())}, 10);
  EXPECT_EQ(dropped.files.size(), 10U);
  EXPECT_TRUE(dropped.more);
}

TEST(DroppedFiles, LeavesOutWhatIsNotOnThisComputer) {
  const DroppedFiles dropped = filesOf({QUrl(QStringLiteral("https://example.org/a.pdf"))}, 10);
  EXPECT_TRUE(dropped.files.empty());
  EXPECT_EQ(dropped.unsupported, 1);
}

}  // namespace
}  // namespace lectern::gui
