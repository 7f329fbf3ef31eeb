// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/file_count.h"

#include "app/workspace/workspace.h"
#include "tests/support/fixtures.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using ::testing::ElementsAre;

class FileCountTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WorkspaceOptions options;
    options.dataFolder = folder.path() / "data";
    options.helper = LECTERN_HELPER_PROGRAM;
    workspace = std::move(Workspace::open(options).value());
    std::filesystem::create_directories(folder.path() / "a" / "b");
  }
  FileCount count(const std::vector<std::filesystem::path>& named) {
    auto counted = countFiles(workspace->library(), named, {}, {});
    EXPECT_TRUE(counted) << counted.error().message;
    return *counted;
  }

  test::TemporaryFolder folder;
  std::unique_ptr<Workspace> workspace;
};

TEST_F(FileCountTest, WalksFoldersAndCountsWhatNoReaderTakes) {
  std::filesystem::create_directories(folder.path() / "a" / ".git");
  const auto pdf = folder.write("a/b/Lease.PDF", "%PDF-");
  const auto text = folder.write("a/notes.txt", "words");
  (void)folder.write("a/photo.jpg", "x");
  (void)folder.write("a/.hidden.txt", "x");
  (void)folder.write("a/.git/readme.md", "x");
  const FileCount counted = count({folder.path() / "a"});
  EXPECT_THAT(pathsOf(counted.files), ElementsAre(pdf, text));
  EXPECT_THAT(counted.folders, ElementsAre(folder.path() / "a", folder.path() / "a" / "b"));
  EXPECT_EQ(counted.bytes, 10);
  EXPECT_EQ(counted.unsupported, 1);
  EXPECT_EQ(counted.known, 0);
  EXPECT_TRUE(counted.whole);
  EXPECT_FALSE(counted.more);
}

TEST_F(FileCountTest, TakesAFileThatWasNamedWhateverItIsCalled) {
  const auto file = folder.write("lease", "words");
  EXPECT_THAT(pathsOf(count({file}).files), ElementsAre(file));
}

TEST_F(FileCountTest, KnowsWhatTheLibraryHasUntilItChanges) {
  const auto file = folder.write("a/well.txt", "The well is nine metres deep.\n");
  (void)folder.write("a/tower.txt", "The tower is tall.\n");
  ASSERT_TRUE(workspace->add(file, {}, {}, {}));
  const FileCount known = count({folder.path() / "a"});
  EXPECT_EQ(known.known, 1);
  EXPECT_FALSE(known.files.at(0).known);
  EXPECT_TRUE(known.files.at(1).known);
  std::filesystem::create_directory_symlink(folder.path() / "a", folder.path() / "link");
  EXPECT_EQ(count({folder.path() / "link" / "well.txt"}).known, 1);
  (void)folder.write("a/well.txt", "The well is ten metres deep now.\n");
  EXPECT_EQ(count({folder.path() / "a"}).known, 0);
}

TEST_F(FileCountTest, DoesNotKnowWhatWasNotReadToItsEnd) {
  const auto file = folder.path() / "a" / "four.pdf";
  std::filesystem::copy_file(test::fixture("pdf/layout/running-headers.pdf"), file);
  std::stop_source stop;
  ASSERT_FALSE(workspace->add(
      file, {}, [&stop](const AddProgress&) { stop.request_stop(); }, stop.get_token()));
  EXPECT_EQ(count({file}).known, 0);
}

TEST_F(FileCountTest, TellsOnItsWayAndCanBeStopped) {
  for (int i = 0; i < 3000; ++i) (void)folder.write("a/" + std::to_string(i) + ".txt", "x");
  int told = 0;
  std::stop_source stop;
  // Over and over, until it lasts long enough to be told of.
  const std::vector<std::filesystem::path> often(200, folder.path() / "a");
  const auto counted = countFiles(
      workspace->library(), often,
      [&](const FileCount& partly) {
        EXPECT_FALSE(partly.whole);
        EXPECT_FALSE(partly.files.empty());
        ++told;
        stop.request_stop();
      },
      stop.get_token());
  EXPECT_EQ(counted.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(told, 1);
}

TEST_F(FileCountTest, TakesNoMoreThanItCan) {
  const std::vector<std::filesystem::path> often(kMostFiles + 1, "/nowhere/x.txt");
  const FileCount counted = count(often);
  EXPECT_EQ(counted.files.size(), kMostFiles);
  EXPECT_TRUE(counted.more);
}

}  // namespace
}  // namespace lectern
