// SPDX-License-Identifier: GPL-3.0-or-later
// Pages that a limit ended, read again with higher ones: by a helper whose pages take the time that
// a script says.
#include "app/workspace/reread.h"

#include "app/workspace/workspace.h"
#include "core/answer/citation_resolver.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>

namespace lectern {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RereadTest : public ::testing::Test {
 protected:
  RereadTest() {
    options.dataFolder = folder.path() / "data";
    options.helper = LECTERN_SCRIPTED_HELPER;
    options.limits.pageCpu = std::chrono::seconds(1);
    open();
  }

  void open() {
    workspace.reset();
    auto opened = Workspace::open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    workspace = std::move(*opened);
  }

  /// Its second and third page take too long.
  std::filesystem::path slow() {
    return folder.write("slow.txt",
                        "page The well is nine metres deep.\n"
                        "spin 1300\n"
                        "spin 1300\n"
                        "page The tower has forty steps.\n"
                        "fail It is damaged.\n"
                        "page The wall is dry.\n");
  }

  AddReport add(const std::filesystem::path& file, bool readSkipped = false) {
    AddOptions how;
    how.shelf = "Castle";
    how.readSkipped = readSkipped;
    auto report = workspace->add(
        file, how, [this](const AddProgress& progress) { pages.push_back(progress.page); }, {});
    EXPECT_TRUE(report) << report.error().message;
    return std::move(*report);
  }

  Library& library() { return workspace->library(); }

  test::TemporaryFolder folder;
  WorkspaceOptions options;
  std::unique_ptr<Workspace> workspace;
  std::vector<int> pages;
};

TEST_F(RereadTest, TheSkippedPagesAreReadAndTheNewRevisionTakesThePlaceOfTheOld) {
  const auto file = slow();
  const AddReport first = add(file);
  ASSERT_EQ(first.info.pagesSkipped, 3);
  EXPECT_TRUE(wasEndedByLimit(first.troubled.at(0))) << first.troubled.at(0).problem;
  EXPECT_FALSE(wasEndedByLimit(first.troubled.at(2))) << first.troubled.at(2).problem;
  EXPECT_TRUE(add(file).alreadyThere);

  pages.clear();
  const AddReport again = add(file, true);
  EXPECT_EQ(again.replaced, first.revision);
  EXPECT_NE(again.revision, first.revision);
  EXPECT_FALSE(again.alreadyThere);
  EXPECT_TRUE(again.info.sealed);
  EXPECT_EQ(again.info.pagesSkipped, 1) << "one that is damaged stays so";
  EXPECT_THAT(pages, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(library().page(again.revision, 2)->page.text, "It took its time.\n\n");
  EXPECT_EQ(library().page(again.revision, 6)->page.text, "The wall is dry.\n\n");

  const auto documents = library().revisions().value();
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents.front().id, again.revision);
  EXPECT_THAT(documents.front().locations, ElementsAre(file));
  EXPECT_THAT(library().shelves()->front().revisions, ElementsAre(again.revision));
  EXPECT_THAT(library().checkDatabase()->problems, IsEmpty());
}

TEST_F(RereadTest, APageThatTookTooMuchMemoryIsOneOfThem) {
  const AddReport report = add(folder.write("greedy.txt", "page one\nallocate\n"));
  ASSERT_EQ(report.troubled.size(), 1U);
  EXPECT_TRUE(wasEndedByLimit(report.troubled.front())) << report.troubled.front().problem;
}

TEST_F(RereadTest, AnotherPathOfTheContentIsTheSameDocument) {
  const auto file = slow();
  add(file);
  const RevisionId read = add(file, true).revision;
  const auto copy = folder.path() / "copy.txt";
  std::filesystem::copy_file(file, copy);
  const AddReport linked = add(copy);
  EXPECT_TRUE(linked.alreadyThere);
  EXPECT_EQ(linked.revision, read);
  EXPECT_EQ(library().revisions()->size(), 1U);
}

TEST_F(RereadTest, WhatCitesTheOldRevisionKeepsItAndItsPagesAreStillDrawn) {
  const auto file = slow();
  const RevisionId old = add(file).revision;
  MessageRecord answer;
  answer.role = MessageRecord::Role::Assistant;
  answer.text = "The well is nine metres deep.";
  Claim claim;
  claim.span = {0, static_cast<int64_t>(answer.text.size())};
  claim.grade = Grade::Verbatim;
  claim.citations = {makeCitation(library(), old, {0, 29}, CitationMethod::Quote).value()};
  answer.claims = {claim};
  const StoreReport stored = workspace->store("How deep is the well?", {old}, answer);
  ASSERT_FALSE(stored.notStored);

  const RevisionId read = add(file, true).revision;
  ASSERT_NE(read, old);
  EXPECT_EQ(library().citation(stored.citations.at(0))->citation.quote, answer.text);
  EXPECT_EQ(workspace->unchangedFile(old, {}).value(), file);
  EXPECT_EQ(library().revisions()->size(), 1U);
}

TEST_F(RereadTest, WhereNothingIsWonAllStaysAsItWas) {
  const auto file = folder.write("hopeless.txt", "page one\nhang\n");
  const AddReport first = add(file);
  ASSERT_EQ(first.info.pagesSkipped, 1);
  const AddReport again = add(file, true);
  EXPECT_FALSE(again.replaced);
  EXPECT_EQ(again.revision, first.revision);
  EXPECT_TRUE(again.alreadyThere);
  EXPECT_EQ(library().revisions()->size(), 1U);
}

TEST_F(RereadTest, StoppedItLeavesTheDocumentAsItWas) {
  const auto file = slow();
  const RevisionId old = add(file).revision;
  std::stop_source stop;
  AddOptions how;
  how.readSkipped = true;
  const auto stopped = workspace->add(
      file, how,
      [&](const AddProgress& progress) {
        if (progress.page == 2) stop.request_stop();
      },
      stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
  const auto documents = library().revisions().value();
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents.front().id, old);
}

TEST_F(RereadTest, ADocumentWithoutSuchPagesIsNotTouched) {
  const auto file = folder.write("sound.txt", "page one\nfail It is damaged.\npage three\n");
  const RevisionId revision = add(file).revision;
  pages.clear();
  const AddReport again = add(file, true);
  EXPECT_EQ(again.revision, revision);
  EXPECT_THAT(pages, IsEmpty());
}

}  // namespace
}  // namespace lectern
