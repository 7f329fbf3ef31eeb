// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/workspace.h"

#include "tests/support/fixtures.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace lectern {
namespace {

using ::testing::HasSubstr;

class WorkspaceTest : public ::testing::Test {
 protected:
  WorkspaceTest() {
    options.dataFolder = folder.path() / "data";
    options.helper = LECTERN_HELPER_PROGRAM;
  }

  std::unique_ptr<Workspace> open(Access access = Access::WriteIfFree) {
    options.access = access;
    auto workspace = Workspace::open(options);
    EXPECT_TRUE(workspace) << workspace.error().message;
    return std::move(*workspace);
  }

  /// A PDF of four pages.
  std::filesystem::path fourPages() {
    const auto file = folder.path() / "four.pdf";
    std::filesystem::copy_file(test::fixture("pdf/layout/running-headers.pdf"), file);
    return file;
  }

  test::TemporaryFolder folder;
  WorkspaceOptions options;
};

TEST_F(WorkspaceTest, AddReportsEachPageAndSealsTheDocument) {
  const auto workspace = open();
  std::vector<int> pages;
  const auto report = workspace->add(fourPages(), {},
                                     [&pages](const AddProgress& progress) {
                                       pages.push_back(progress.page);
                                       EXPECT_EQ(progress.pageCount, 4);
                                     },
                                     {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(pages, ::testing::ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(report->info.sealed);
  EXPECT_FALSE(report->alreadyThere);
  EXPECT_EQ(report->resumedAtPage, 0);
  EXPECT_GT(report->info.segments, 0);
  EXPECT_FALSE(report->info.document.title.empty());
}

TEST_F(WorkspaceTest, AStoppedAddKeepsItsPagesAndTheNextGoesOnBehindThem) {
  const auto workspace = open();
  const auto file = fourPages();
  std::stop_source stop;
  const auto stopped = workspace->add(
      file, {},
      [&stop](const AddProgress& progress) {
        if (progress.page == 2) stop.request_stop();
      },
      stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
  EXPECT_THAT(stopped.error().message, HasSubstr("four.pdf is kept up to page 2 of 4"));
  EXPECT_EQ(workspace->library().revisions()->front().pagesStored, 2);

  std::vector<int> pages;
  const auto resumed = workspace->add(
      file, {}, [&pages](const AddProgress& progress) { pages.push_back(progress.page); }, {});
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(resumed->resumedAtPage, 3);
  EXPECT_THAT(pages, ::testing::ElementsAre(3, 4));
  EXPECT_TRUE(resumed->info.sealed);
}

// A reading that goes on begins twice: the first helper only tells which document it is. What it
// had ended for was taken for the end of the second one, a stop too, and that for ever.
TEST_F(WorkspaceTest, AReadingThatGoesOnStopsWhenAskedTo) {
  const auto workspace = open();
  const auto file = fourPages();
  for (const int last : {1, 2, 3}) {
    std::stop_source stop;
    const auto stopped = workspace->add(
        file, {},
        [&stop, last](const AddProgress& progress) {
          if (progress.page == last) stop.request_stop();
        },
        stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
    EXPECT_THAT(stopped.error().message,
                HasSubstr("is kept up to page " + std::to_string(last) + " of 4"));
  }
}

TEST_F(WorkspaceTest, AStopBeforeTheHelperToldAnythingNamesThePagesThatAreKept) {
  std::string script = "open sleep\n";  // to the scripted helper; to the other it is a text
  for (int line = 0; line < 1000; ++line) script += "A line of a long text.\n";
  const auto file = folder.write("script.txt", script);
  std::stop_source first;
  ASSERT_FALSE(open()->add(
      file, {}, [&first](const AddProgress&) { first.request_stop(); }, first.get_token()));

  options.helper = LECTERN_SCRIPTED_HELPER;
  std::stop_source second;
  const std::jthread stopper([&second] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    second.request_stop();
  });
  const auto stopped = open()->add(file, {}, {}, second.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
  EXPECT_THAT(stopped.error().message, HasSubstr("script.txt is kept up to page 1 of"));
}

TEST_F(WorkspaceTest, AFileThatChangesWhileItIsReadIsRefusedAndNothingIsKept) {
  const auto workspace = open();
  const auto file = fourPages();
  const auto report = workspace->add(file, {},
                                     [&file](const AddProgress& progress) {
                                       if (progress.page == 2)
                                         std::ofstream(file, std::ios::app) << "% later\n";
                                     },
                                     {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::InputRefused);
  EXPECT_THAT(report.error().message, HasSubstr("changed while it was being read"));
  EXPECT_TRUE(workspace->library().revisions()->empty());
}

TEST_F(WorkspaceTest, AShelfKeepsItsOrderAndTakesADocumentOnce) {
  const auto workspace = open();
  AddOptions onShelf;
  onShelf.shelf = "house";
  const auto second = workspace->add(folder.write("b.txt", "Second.\n"), onShelf, {}, {});
  const auto first = workspace->add(folder.write("a.txt", "First.\n"), onShelf, {}, {});
  ASSERT_TRUE(second && first);
  ASSERT_TRUE(workspace->add(folder.path() / "b.txt", onShelf, {}, {}));
  const auto shelves = workspace->library().shelves();
  ASSERT_EQ(shelves->size(), 1U);
  EXPECT_THAT(shelves->front().revisions,
              ::testing::ElementsAre(second->revision, first->revision));
}

TEST_F(WorkspaceTest, BesideAWriterOthersReadAndSayWhoHoldsTheLibrary) {
  const auto writer = open(Access::Write);
  const auto known = folder.write("a.txt", "The well is nine metres deep.\n");
  const auto added = writer->add(known, {}, {}, {});
  ASSERT_TRUE(added);

  options.access = Access::Write;
  const auto refused = Workspace::open(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Locked);

  const auto reader = open(Access::WriteIfFree);
  EXPECT_FALSE(reader->canWrite());
  EXPECT_THAT(reader->readOnlyReason(), HasSubstr(std::to_string(::getpid())));
  EXPECT_TRUE(reader->add(known, {}, {}, {})) << "it is there already";
  const auto copy = folder.write("copy.txt", "The well is nine metres deep.\n");
  EXPECT_TRUE(reader->add(copy, {}, {}, {})) << "its content is";
  const auto other = reader->add(folder.write("b.txt", "New.\n"), {}, {}, {});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::Locked);

  const auto asked = reader->ask("How deep is the well?", {added->revision}, {}, {}, {});
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_FALSE(asked->message);
  ASSERT_TRUE(asked->notStored);
  EXPECT_EQ(asked->notStored->code, ErrorCode::Locked);
}

TEST_F(WorkspaceTest, AnAnswerIsStoredWithAllItsCitations) {
  const auto workspace = open();
  const auto added =
      workspace->add(folder.write("a.txt", "The well is nine metres deep.\n"), {}, {}, {});
  ASSERT_TRUE(added);
  std::vector<Claim> claims;
  const auto asked = workspace->ask("How deep is the well?", {added->revision}, {},
                                    [&claims](const AnswerEvent& event) {
                                      if (const auto* cited = std::get_if<Cited>(&event))
                                        claims.push_back(cited->claim);
                                    },
                                    {});
  ASSERT_TRUE(asked) << asked.error().message;
  ASSERT_EQ(claims.size(), 1U);
  ASSERT_EQ(asked->citations.size(), claims.front().citations.size());
  const auto stored = workspace->library().citation(asked->citations.front());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->citation.quote, "The well is nine metres deep.");
  const auto messages = workspace->library().messages(stored->conversation);
  ASSERT_EQ(messages->size(), 2U);
  EXPECT_EQ(messages->front().text, "How deep is the well?");
  EXPECT_THAT(messages->back().header, HasSubstr("extractive"));
}

TEST_F(WorkspaceTest, NothingIsStoredOfAQuestionThatWasStopped) {
  const auto workspace = open();
  const auto added = workspace->add(folder.write("a.txt", "The well is deep.\n"), {}, {}, {});
  ASSERT_TRUE(added);
  std::stop_source stop;
  stop.request_stop();
  const auto asked =
      workspace->ask("How deep is the well?", {added->revision}, {}, {}, stop.get_token());
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, ErrorCode::Cancelled);
  int citations = 0;
  ASSERT_TRUE(workspace->library().forEachCitation([&citations](const StoredCitation&) {
    ++citations;
    return Result<void>();
  }));
  EXPECT_EQ(citations, 0);
}

TEST_F(WorkspaceTest, ThePictureOfACitationIsMarkedWhereItsWordsStand) {
  const auto workspace = open();
  const auto file = fourPages();
  const auto added = workspace->add(file, {}, {}, {});
  ASSERT_TRUE(added) << added.error().message;
  const auto page = workspace->library().page(added->revision, 2);
  ASSERT_TRUE(page);
  ASSERT_FALSE(page->page.runs.empty());
  Citation citation;
  citation.revision = added->revision;
  citation.page = 2;
  citation.rects = {page->page.runs.front().box};
  const auto marked = workspace->picture(citation, {72, {}}, {});
  ASSERT_TRUE(marked) << marked.error().message;
  citation.rects.clear();
  const auto plain = workspace->picture(citation, {72, {}}, {});
  ASSERT_TRUE(plain);
  EXPECT_EQ(marked->width, static_cast<int>(page->page.widthPt + 0.5));
  EXPECT_EQ(marked->height, static_cast<int>(page->page.heightPt + 0.5));
  ASSERT_EQ(marked->pixels.size(), plain->pixels.size());
  EXPECT_NE(marked->pixels, plain->pixels);
}

TEST_F(WorkspaceTest, PagesThatWereReadBeforeAStopAreDrawn) {
  const auto workspace = open();
  std::stop_source stop;
  ASSERT_FALSE(workspace->add(
      fourPages(), {}, [&stop](const AddProgress&) { stop.request_stop(); }, stop.get_token()));
  const RevisionId revision = workspace->library().revisions()->front().id;
  const auto page = workspace->pagePicture(revision, 1, {72, {}}, {});
  EXPECT_TRUE(page) << page.error().message;
}

TEST_F(WorkspaceTest, APictureNeedsTheFileAsItWas) {
  const auto workspace = open();
  const auto file = fourPages();
  const auto added = workspace->add(file, {}, {}, {});
  ASSERT_TRUE(added);
  Citation citation;
  citation.revision = added->revision;
  citation.page = 1;

  const auto moved = folder.path() / "moved.pdf";
  std::filesystem::rename(file, moved);
  const auto gone = workspace->picture(citation, {}, {});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::InputRefused);
  EXPECT_THAT(gone.error().message, HasSubstr("four.pdf"));

  std::filesystem::copy_file(moved, file);  // the same bytes with another time and inode
  EXPECT_TRUE(workspace->picture(citation, {}, {}));
  std::ofstream(file, std::ios::app) << "% later\n";
  const auto changed = workspace->picture(citation, {}, {});
  ASSERT_FALSE(changed);
  EXPECT_THAT(changed.error().message, HasSubstr("has changed since"));
}

}  // namespace
}  // namespace lectern
