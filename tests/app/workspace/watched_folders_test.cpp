// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/watched_folders.h"

#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr RevisionId kLease{1};
constexpr RevisionId kAnnex{2};
constexpr RevisionId kByHand{3};

CountedFile file(const char* path, std::optional<RevisionId> known = std::nullopt) {
  return {path, {}, known};
}

class NewsOf : public ::testing::Test {
 protected:
  WatchedFolder watched{ShelfId{1}, "/in", {kLease, kAnnex}};
  FileCount count;
};

TEST_F(NewsOf, WhatIsThereAndKnownIsNoNews) {
  count.files = {file("/in/lease.pdf", kLease), file("/in/annex.pdf", kAnnex)};
  const FolderNews news = newsOf(watched, count, {kLease, kAnnex, kByHand});
  EXPECT_THAT(news.added, IsEmpty());
  EXPECT_THAT(news.gone, IsEmpty());
  EXPECT_THAT(news.members, ElementsAre(kLease, kAnnex));
}

TEST_F(NewsOf, ANewFileIsAdded) {
  count.files = {file("/in/annex.pdf", kAnnex), file("/in/lease.pdf", kLease), file("/in/new.pdf")};
  const FolderNews news = newsOf(watched, count, {kLease, kAnnex});
  EXPECT_THAT(pathsOf(news.added), ElementsAre("/in/new.pdf"));
}

TEST_F(NewsOf, AChangedFileIsAddedAndWhatItHeldBeforeIsGone) {
  count.files = {file("/in/annex.pdf", kAnnex), file("/in/lease.pdf")};
  const FolderNews news = newsOf(watched, count, {kLease, kAnnex});
  EXPECT_THAT(pathsOf(news.added), ElementsAre("/in/lease.pdf"));
  EXPECT_THAT(news.gone, ElementsAre(kLease));
  EXPECT_THAT(news.members, ElementsAre(kAnnex, kLease)) << "until the user has said what becomes";
}

TEST_F(NewsOf, WhatTheLibraryHasFromElsewhereIsPutOnTheShelf) {
  count.files = {file("/in/annex.pdf", kAnnex), file("/in/lease.pdf", kLease),
                 file("/in/hand.pdf", kByHand)};
  const FolderNews news = newsOf(watched, count, {kLease, kAnnex});
  EXPECT_THAT(pathsOf(news.added), ElementsAre("/in/hand.pdf"));
}

TEST_F(NewsOf, WhatWasTakenOffTheShelfByHandStaysOff) {
  count.files = {file("/in/annex.pdf", kAnnex), file("/in/lease.pdf", kLease)};
  EXPECT_THAT(newsOf(watched, count, {kAnnex}).added, IsEmpty());
  count.files = {};
  EXPECT_THAT(newsOf(watched, count, {kAnnex}).gone, ElementsAre(kAnnex));
}

TEST_F(NewsOf, WhatStandsOnTheShelfByHandIsNotGone) {
  count.files = {file("/in/annex.pdf", kAnnex), file("/in/lease.pdf", kLease)};
  EXPECT_THAT(newsOf(watched, count, {kLease, kAnnex, kByHand}).gone, IsEmpty());
}

TEST(WatchedFolders, AreThereAgain) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(loadWatchedFolders(folder.path()).value(), IsEmpty());
  const std::vector<WatchedFolder> folders = {{ShelfId{7}, "/tmp/Vertr\u00e4ge \"a\"", {kLease}},
                                              {ShelfId{8}, "/tmp/b", {}}};
  ASSERT_TRUE(saveWatchedFolders(folder.path(), folders));
  EXPECT_EQ(loadWatchedFolders(folder.path()).value(), folders);
}

TEST(WatchedFolders, OfANameThatIsNoTextAreRefused) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(saveWatchedFolders(folder.path(), {{ShelfId{7}, "/tmp/\xFF", {}}}).error().code,
            ErrorCode::Usage);
}

TEST(WatchedFolders, ADamagedFileIsSaid) {
  const test::TemporaryFolder folder;
  for (const char* text : {"", "{}", "[1]", R"([{"shelf": 1, "folder": "/a"}])",
                           R"([{"shelf": 1, "folder": "/a", "members": ["x"]}])"}) {
    (void)folder.write("watched.json", text);
    const auto loaded = loadWatchedFolders(folder.path());
    ASSERT_FALSE(loaded) << text;
    EXPECT_THAT(loaded.error().message, HasSubstr("watched.json"));
  }
}

}  // namespace
}  // namespace lectern
