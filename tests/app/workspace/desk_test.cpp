// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/desk.h"

#include "tests/support/fixtures.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace lectern {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

#ifdef LECTERN_SANITIZED
constexpr auto kPatience = 300s;
constexpr int kManyLines = 15'000;
#else
constexpr auto kPatience = 60s;
constexpr int kManyLines = 60'000;
#endif

/// What a desk told, for a thread that waits.
class Told {
 public:
  DeskEvents events() {
    DeskEvents events;
    events.libraryChanged = [this](std::shared_ptr<const LibraryView> view) {
      change([&] { library_ = std::move(view); });
    };
    events.jobChanged = [this](const Job& job) { change([&] { jobs_.push_back(job); }); };
    events.failed = [this](const Error& error) { change([&] { errors_.push_back(error); }); };
    return events;
  }

  void change(const std::function<void()>& what) {
    const std::lock_guard lock(mutex_);
    what();
    changed_.notify_all();
  }

  /// Waits until it holds.
  testing::AssertionResult until(const std::function<bool()>& holds) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kPatience, holds)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "it did not happen";
  }

  /// What a callback has changed within `change`.
  template <class Value>
  Value now(const Value& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  [[nodiscard]] std::shared_ptr<const LibraryView> library() const {
    const std::lock_guard lock(mutex_);
    return library_;
  }
  [[nodiscard]] std::vector<Job> jobs() const {
    const std::lock_guard lock(mutex_);
    return jobs_;
  }
  [[nodiscard]] std::vector<Error> errors() const {
    const std::lock_guard lock(mutex_);
    return errors_;
  }
  [[nodiscard]] Job::State stateOf(JobId id) const {
    Job::State state{};
    for (const Job& job : jobs()) {
      if (job.id == id) state = job.state;
    }
    return state;
  }

 private:
  mutable std::recursive_mutex mutex_;  // a condition that is waited for may ask what is
  std::condition_variable_any changed_;
  std::shared_ptr<const LibraryView> library_;
  std::vector<Job> jobs_;
  std::vector<Error> errors_;
};

class DeskTest : public ::testing::Test {
 protected:
  DeskTest() {
    options.dataFolder = folder.path() / "data";
    options.helper = LECTERN_HELPER_PROGRAM;
    open();
  }

  void open() {
    auto opened = Desk::open(options, told.events());
    ASSERT_TRUE(opened) << opened.error().message;
    desk = std::move(*opened);
  }

  std::filesystem::path fourPages() { return test::fixture("pdf/layout/running-headers.pdf"); }

  /// A text whose reading takes a while.
  std::filesystem::path longText(int lines) {
    std::string text;
    for (int i = 0; i < lines; ++i) {
      text += "Berth " + std::to_string(i) + " of the harbour is let by the day.\n\n";
    }
    return folder.write("long.txt", text);
  }

  RevisionId added(const std::filesystem::path& file) {
    const JobId job = desk->add(file, {});
    EXPECT_TRUE(told.until([&] { return told.stateOf(job) == Job::State::Done; }));
    return told.jobs().back().report->revision;
  }

  test::TemporaryFolder folder;
  WorkspaceOptions options;
  Told told;
  std::unique_ptr<Desk> desk;
};

TEST_F(DeskTest, AddsAFileAndTellsEachStep) {
  const RevisionId revision = added(fourPages());
  EXPECT_TRUE(told.until([&] { return told.library() && told.library()->documents.size() == 1; }));
  EXPECT_EQ(told.library()->documents.front().id, revision);
  std::vector<int> pages;
  for (const Job& job : told.jobs()) {
    if (job.state == Job::State::Reading && job.page > 0) pages.push_back(job.page);
  }
  EXPECT_THAT(pages, ::testing::ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(told.jobs().front().state, Job::State::Waiting);
}

TEST_F(DeskTest, AFileThatCannotBeReadFailsWithItsSentenceAndTheNextIsRead) {
  const JobId bad = desk->add("/nowhere/lease.pdf", {});
  added(fourPages());
  EXPECT_EQ(told.stateOf(bad), Job::State::Failed);
  const std::vector<Job> jobs = told.jobs();
  const auto failed =
      std::ranges::find_if(jobs, [](const Job& job) { return job.state == Job::State::Failed; });
  EXPECT_THAT(failed->error->message, HasSubstr("/nowhere/lease.pdf"));
}

TEST_F(DeskTest, APausedJobKeepsItsPagesAndGoesOnBehindThem) {
  const JobId job = desk->add(longText(kManyLines), {});
  ASSERT_TRUE(told.until([&] { return told.jobs().back().page >= 3; }));
  desk->pause(job);
  ASSERT_TRUE(told.until([&] { return told.stateOf(job) == Job::State::Paused; }));
  const Job paused = told.jobs().back();
  EXPECT_LT(paused.page, paused.pageCount);
  desk->resume(job, {});
  ASSERT_TRUE(told.until([&] { return told.stateOf(job) == Job::State::Done; }));
  EXPECT_GE(told.jobs().back().report->resumedAtPage, paused.page);
}

TEST_F(DeskTest, AWaitingJobIsCancelledBeforeItsTurn) {
  const JobId first = desk->add(longText(20'000), {});
  const JobId second = desk->add(fourPages(), {});
  desk->cancel(second);
  ASSERT_TRUE(told.until([&] { return told.stateOf(first) == Job::State::Done; }));
  EXPECT_EQ(told.stateOf(second), Job::State::Cancelled);
  EXPECT_TRUE(told.until([&] { return told.library() && told.library()->documents.size() == 1; }));
}

TEST_F(DeskTest, AnswersAndStoresWhileAnotherDocumentIsRead) {
  const RevisionId revision = added(folder.write("a.txt", "The well is nine metres deep.\n"));
  const JobId job = desk->add(longText(kManyLines), {});
  ASSERT_TRUE(told.until([&] { return told.jobs().back().page >= 1; }));
  std::optional<Result<StoreReport>> stored;
  std::string text;
  desk->ask(
      "How deep is the well?", {revision}, {},
      [&](const AnswerEvent& event) {
        if (const auto* more = std::get_if<Text>(&event)) text += more->utf8;
      },
      [&](const Result<StoreReport>& report) { told.change([&] { stored = report; }); });
  ASSERT_TRUE(told.until([&] { return stored.has_value(); }));
  EXPECT_EQ(told.stateOf(job), Job::State::Reading) << "the answer came before the document";
  EXPECT_THAT(text, HasSubstr("nine metres"));
  ASSERT_TRUE(*stored) << stored->error().message;
  EXPECT_TRUE((*stored)->message);
  EXPECT_THAT((*stored)->citations, ::testing::SizeIs(1));
}

TEST_F(DeskTest, DrawsAPageAndOpensADocument) {
  const RevisionId revision = added(fourPages());
  std::optional<Result<PageImage>> image;
  std::optional<Result<DocumentView>> view;
  desk->openDocument(
      revision, [&](const Result<DocumentView>& opened) { told.change([&] { view = opened; }); });
  desk->render(revision, 2, {36, {}}, {},
               [&](Result<PageImage> drawn) { told.change([&] { image = std::move(drawn); }); });
  ASSERT_TRUE(told.until([&] { return image && view; }));
  ASSERT_TRUE(*view) << view->error().message;
  ASSERT_EQ((*view)->pages.size(), 4U);
  ASSERT_TRUE(*image) << image->error().message;
  EXPECT_NEAR((*image)->width, (*view)->pages[1].widthPt / 2, 1);
}

TEST_F(DeskTest, FindsFromThePageInViewOnAndReadsWhatStandsThere) {
  const RevisionId revision = added(fourPages());
  std::optional<StoredPage> read;
  desk->readPage(revision, 3, {},
                 [&](Result<StoredPage> page) { told.change([&] { read = std::move(*page); }); });
  ASSERT_TRUE(told.until([&] { return read.has_value(); }));
  std::string text;
  desk->readText(revision, {read->byteStart, read->byteStart + 9},
                 [&](Result<std::string> part) { told.change([&] { text = *part; }); });
  ASSERT_TRUE(told.until([&] { return !text.empty(); }));
  EXPECT_EQ(text, read->page.text.substr(0, 9));

  std::vector<int> pages;
  bool ended = false;
  desk->find(revision, {text, false, 3}, {}, [&](const FindProgress& progress) {
    told.change([&] {
      for (const PageHits& hits : progress.found) pages.push_back(hits.page);
      ended = progress.ended;
    });
  });
  ASSERT_TRUE(told.until([&] { return ended; }));
  ASSERT_FALSE(pages.empty());
  EXPECT_EQ(pages.front(), 3);
}

TEST_F(DeskTest, AStoppedSearchTellsNothingMore) {
  const RevisionId revision = added(fourPages());
  std::stop_source stop;
  stop.request_stop();
  bool heard = false;
  desk->find(revision, {"e", false, 1}, stop.get_token(),
             [&](const FindProgress&) { told.change([&] { heard = true; }); });
  std::optional<Result<DocumentView>> view;
  desk->openDocument(
      revision, [&](const Result<DocumentView>& opened) { told.change([&] { view = opened; }); });
  ASSERT_TRUE(told.until([&] { return view.has_value(); }));
  EXPECT_FALSE(told.now(heard));
}

TEST_F(DeskTest, TakesADocumentOff) {
  const RevisionId revision = added(fourPages());
  desk->remove(revision);
  EXPECT_TRUE(told.until([&] { return told.library() && told.library()->documents.empty(); }));
  desk->remove(revision);
  EXPECT_TRUE(told.until([&] { return !told.errors().empty(); }));
}

TEST_F(DeskTest, ASecondQuestionGoesIntoTheConversationOfTheFirstThoughItIsStillAnswered) {
  const RevisionId revision = added(folder.write("a.txt", "The well is nine metres deep.\n"));
  std::vector<StoreReport> stored;
  const auto done = [&](const Result<StoreReport>& report) {
    told.change([&] { stored.push_back(report.value()); });
  };
  const auto ask = [&](const std::string& question, const Continuation& into) {
    return desk->ask(question, {revision}, {}, [](const AnswerEvent&) {}, done, into);
  };
  const QuestionId first = ask("How deep is the well?", {});
  const QuestionId second = ask("Is the well nine metres deep?", {{}, first});
  ask("What is nine metres deep?", {{}, second});
  ASSERT_TRUE(told.until([&] { return stored.size() == 3; }));
  ask("How many metres?", {stored[0].conversation, {}});
  ASSERT_TRUE(told.until([&] { return stored.size() == 4; }));
  for (const StoreReport& report : stored) EXPECT_EQ(report.conversation, stored[0].conversation);
  ASSERT_TRUE(told.until([&] {
    return told.library()->conversations.size() == 1 &&
           told.library()->conversations.front().messages == 8;
  }));

  std::optional<Result<StoredConversation>> opened;
  desk->openConversation(*stored[0].conversation, [&](const Result<StoredConversation>& view) {
    told.change([&] { opened = view; });
  });
  ASSERT_TRUE(told.until([&] { return opened.has_value(); }));
  ASSERT_TRUE(*opened) << opened->error().message;
  EXPECT_EQ((*opened)->info.title, "How deep is the well?");
  ASSERT_EQ((*opened)->messages.size(), 8U);
  EXPECT_EQ((*opened)->messages[2].text, "Is the well nine metres deep?");
}

TEST_F(DeskTest, RenamesFindsAndDeletesConversations) {
  const RevisionId revision = added(folder.write("a.txt", "The well is nine metres deep.\n"));
  std::optional<StoreReport> stored;
  desk->ask(
      "How deep is the well?", {revision}, {}, [](const AnswerEvent&) {},
      [&](const Result<StoreReport>& report) { told.change([&] { stored = report.value(); }); });
  ASSERT_TRUE(told.until([&] { return stored.has_value(); }));
  desk->renameConversation(*stored->conversation, "Depths");
  std::optional<Result<std::vector<ConversationHit>>> hits;
  ASSERT_TRUE(told.until([&] {
    return !told.library()->conversations.empty() &&
           told.library()->conversations.front().title == "Depths";
  }));
  desk->searchConversations("depths nine", [&](const Result<std::vector<ConversationHit>>& found) {
    told.change([&] { hits = found; });
  });
  ASSERT_TRUE(told.until([&] { return hits.has_value(); }));
  ASSERT_TRUE(*hits) << hits->error().message;
  ASSERT_EQ((*hits)->size(), 1U);
  EXPECT_THAT((*hits)->front().excerpt, HasSubstr("nine metres"));
  desk->removeConversation(*stored->conversation);
  ASSERT_TRUE(told.until([&] { return told.library()->conversations.empty(); }));
  desk->removeConversation(*stored->conversation);
  ASSERT_TRUE(told.until([&] { return !told.errors().empty(); }));
}

TEST_F(DeskTest, ChangesShelves) {
  const RevisionId a = added(folder.write("a.txt", "The well is nine metres deep.\n"));
  const RevisionId b = added(folder.write("b.txt", "The tower has forty steps.\n"));
  const auto shelf = [&]() -> std::optional<ShelfInfo> {
    if (!told.library() || told.library()->shelves.size() != 1) return std::nullopt;
    return told.library()->shelves.front();
  };
  desk->makeShelf("Castle", {b});
  ASSERT_TRUE(told.until([&] { return shelf() && shelf()->revisions == std::vector{b}; }));
  const ShelfId id = shelf()->id;
  desk->setShelf(id, {a, b});
  desk->renameShelf(id, "Keep");
  ASSERT_TRUE(told.until([&] {
    return shelf() && shelf()->name == "Keep" && shelf()->revisions == std::vector{a, b};
  }));
  desk->removeShelf(id);
  ASSERT_TRUE(told.until([&] { return told.library()->shelves.empty(); }));
  EXPECT_EQ(told.library()->documents.size(), 2U);
}

TEST_F(DeskTest, TellsASummarySectionBySectionAndStoresAMessageForEach) {
  const RevisionId revision = added(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  std::optional<StoreReport> stored;
  int progress = 0;
  std::vector<SectionPlace> sections;
  std::string text;
  std::string whole;
  desk->summarize(
      "Summary of the lease", {revision},
      [&](const AnswerEvent& event) {
        if (std::holds_alternative<Prefilling>(event)) ++progress;
        if (const auto* more = std::get_if<Text>(&event)) text += more->utf8;
        if (const auto* cited = std::get_if<Cited>(&event)) {
          const TextSpan span = cited->claim.span;
          EXPECT_EQ(
              text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length())),
              cited->claim.citations.at(0).quote);
        }
        if (const auto* finished = std::get_if<Finished>(&event)) {
          sections.push_back(finished->reading.section);
          whole += std::exchange(text, {});
        }
      },
      [&](const Result<StoreReport>& report) { told.change([&] { stored = report.value(); }); });
  ASSERT_TRUE(told.until([&] { return stored.has_value(); }));
  ASSERT_GT(sections.size(), 3U);
  EXPECT_GE(progress, static_cast<int>(sections.size()));
  for (const SectionPlace& section : sections) {
    EXPECT_EQ(section.count, sections.front().count);
    EXPECT_LE(section.firstPage, section.lastPage);
  }
  ASSERT_TRUE(stored->conversation);

  std::optional<StoredConversation> opened;
  desk->openConversation(*stored->conversation, [&](const Result<StoredConversation>& view) {
    told.change([&] { opened = view.value(); });
  });
  ASSERT_TRUE(told.until([&] { return opened.has_value(); }));
  ASSERT_EQ(opened->messages.size(), 1 + sections.size());
  EXPECT_EQ(opened->messages.front().text, "Summary of the lease");
  std::string kept;
  for (const MessageRecord& message : opened->messages) {
    if (message.role == MessageRecord::Role::User) continue;
    EXPECT_THAT(message.text, ::testing::StartsWith("### "));
    EXPECT_FALSE(message.claims.empty());
    EXPECT_EQ(message.citationIds.size(), message.claims.size());
    kept += message.text;
  }
  EXPECT_EQ(kept, whole);
}

TEST_F(DeskTest, ASummaryThatIsStoppedKeepsItsSections) {
  const RevisionId revision = added(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  std::optional<StoreReport> stored;
  QuestionId id{};
  std::atomic<bool> isKnown = false;
  id = desk->summarize(
      "Summary of the lease", {revision},
      [&](const AnswerEvent& event) {
        if (!std::holds_alternative<Finished>(event)) return;
        while (!isKnown) std::this_thread::yield();
        desk->stop(id);
      },
      [&](const Result<StoreReport>& report) { told.change([&] { stored = report.value(); }); });
  isKnown = true;
  ASSERT_TRUE(told.until([&] { return stored.has_value(); }));
  ASSERT_TRUE(stored->conversation);
  ASSERT_TRUE(told.until([&] {
    return !told.library()->conversations.empty() &&
           told.library()->conversations.front().messages == 2;
  }));
}

TEST_F(DeskTest, SaysThatThereIsNothingToSummarise) {
  const RevisionId revision = added(folder.write("short.txt", "Yes.\n"));
  std::optional<Result<StoreReport>> stored;
  bool failed = false;
  desk->summarize(
      "Summary", {revision},
      [&](const AnswerEvent& event) { failed = failed || std::holds_alternative<Failed>(event); },
      [&](const Result<StoreReport>& report) { told.change([&] { stored = report; }); });
  ASSERT_TRUE(told.until([&] { return stored.has_value(); }));
  EXPECT_TRUE(failed);
  ASSERT_FALSE(*stored);
  EXPECT_THAT(stored->error().message, HasSubstr("nothing to summarise"));
}

TEST_F(DeskTest, EndsInTheMiddleOfAllOfItAndLosesNoPage) {
  const JobId job = desk->add(longText(kManyLines), {});
  ASSERT_TRUE(told.until([&] { return told.jobs().back().page >= 2; }));
  const int kept = told.jobs().back().page;
  desk->ask("Which berth?", {}, {}, [](const AnswerEvent&) {}, [](const Result<StoreReport>&) {});
  desk.reset();
  EXPECT_NE(told.stateOf(job), Job::State::Reading);
  open();
  desk->refresh();
  ASSERT_TRUE(told.until([&] { return told.library() && told.library()->documents.size() == 1; }));
  const auto library = told.library();
  EXPECT_GE(library->documents.front().pagesStored, kept);
}

}  // namespace
}  // namespace lectern
