// SPDX-License-Identifier: GPL-3.0-or-later
// What a desk is made of; for desk.cpp alone.
#pragma once

#include "app/workspace/desk.h"
#include "app/workspace/stop_of_either.h"
#include "app/workspace/task_thread.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <utility>

namespace lectern {

/// The writer owns the workspace that may write; answering and drawing threads read through
/// workspaces of their own, opened when they are first needed. Reading a file in does what was
/// posted to the writer meanwhile after each page, so that nobody waits for a whole document.
class Desk::Impl {
 public:
  /// How long a search holds the thread of the texts, and the pace at which it tells.
  static constexpr std::chrono::milliseconds kFindStep{30};
  static constexpr std::chrono::seconds kDrawerRests{30};

  /// A thread that reads, through a workspace of its own.
  struct Reader {
    std::unique_ptr<Workspace> reader;  // of the thread
    TaskThread thread;
  };
  /// The same for one whose workspace keeps the document open that it drew last. It is closed when
  /// nobody wants a page for a while.
  struct Drawer {
    std::unique_ptr<Workspace> reader;
    TaskThread thread{kDrawerRests, [this] { reader.reset(); }};
  };

  Impl(const WorkspaceOptions& options, DeskEvents events, std::unique_ptr<Workspace> workspace)
      : options_(options),
        events_(std::move(events)),
        workspace_(std::move(workspace)),
        jobs_([this](const Job& job) { events_.jobChanged(job); }),
        questions_(writer_, *workspace_, [this] { tellLibrary(); }) {
    writer_.post([this] { workspace_->forgetReadings(); });
  }

  ~Impl() {
    ending_ = true;
    ended_.request_stop();
    jobs_.end();
    questions_.end();
  }

  void refresh() {
    writer_.post([this] { tellLibrary(); });
  }

  JobId add(const std::filesystem::path& file, const AddOptions& options) {
    const JobId id = jobs_.add(file, options);
    runJobs();
    return id;
  }

  void interrupt(JobId id, Job::State wanted) { jobs_.interrupt(id, wanted); }

  void resume(JobId id, const std::string& password) {
    if (jobs_.resume(id, password)) runJobs();
  }

  /// Changes the library on the thread that writes.
  void changeWorkspace(std::function<Result<void>(Workspace&)> what) {
    writer_.post([this, what = std::move(what)] {
      if (const auto changed = what(*workspace_); !changed) events_.failed(changed.error());
      tellLibrary();
    });
  }
  void change(const std::function<Result<void>(Library&)>& what) {
    changeWorkspace([what](Workspace& workspace) { return what(workspace.library()); });
  }

  /// Reads from the library beside the thread that writes.
  template <class Value>
  void read(std::function<Result<Value>(Library&)> what,
            std::function<void(const Result<Value>&)> done) {
    texts_.thread.post([this, what = std::move(what), done = std::move(done)] {
      done([&]() -> Result<Value> {
        Workspace& reader = *TRY(readerOf(texts_.reader));
        return what(reader.library());
      }());
    });
  }

  QuestionQueue& questions() { return questions_; }
  /// Of the thread that answers.
  Result<Workspace*> asker() { return readerOf(askReader_); }

  void countFiles(const std::vector<std::filesystem::path>& named,
                  std::stop_token stop,
                  std::function<void(const Result<FileCount>&)> told) {
    walker_.thread.post([this, named, stop = std::move(stop), told = std::move(told)] {
      const StopOfEither either(stop, ended_);
      if (either.token().stop_requested()) return;
      const Result<FileCount> count = [&]() -> Result<FileCount> {
        Workspace& reader = *TRY(readerOf(walker_.reader));
        return lectern::countFiles(reader.library(), named, told, either.token());
      }();
      if (!either.token().stop_requested()) told(count);
    });
  }

  void countBudget(const std::vector<RevisionId>& scope,
                   const AskOptions& options,
                   const std::string& question,
                   std::stop_token stop,
                   std::function<void(const Result<ContextBudget>&)> told) {
    counter_.thread.post(
        [this, scope, options, question, stop = std::move(stop), told = std::move(told)] {
          const StopOfEither either(stop, ended_);
          if (either.token().stop_requested()) return;
          const Result<ContextBudget> budget = [&]() -> Result<ContextBudget> {
            Workspace& reader = *TRY(readerOf(counter_.reader));
            if (!counter_.budgets) counter_.budgets.emplace(reader.library());
            return counter_.budgets->count(
                scope, options, question,
                [this](RevisionId revision, const Sha256& counter, int64_t tokens) {
                  keepCount(revision, counter, tokens);
                },
                told, either.token());
          }();
          if (!either.token().stop_requested()) told(budget);
        });
  }

  Drawer& drawerOf(int page) { return drawers_[static_cast<size_t>(page) % drawers_.size()]; }
  Drawer& thumbnailDrawer() { return thumbnails_; }

  void render(Drawer& drawer,
              RevisionId revision,
              int page,
              const PictureOptions& options,
              std::stop_token stop,
              std::function<void(Result<PageImage>)> done) {
    drawer.thread.post(
        [this, &drawer, revision, page, options, stop = std::move(stop), done = std::move(done)] {
          if (stop.stop_requested() || ending_) return;
          Result<PageImage> image = [&]() -> Result<PageImage> {
            Workspace& reader = *TRY(readerOf(drawer.reader));
            return reader.pagePicture(revision, page, options, stop);
          }();
          if (!stop.stop_requested()) done(std::move(image));
        });
  }

  void readPage(RevisionId revision,
                int page,
                std::stop_token stop,
                std::function<void(Result<StoredPage>)> done) {
    texts_.thread.post([this, revision, page, stop = std::move(stop), done = std::move(done)] {
      if (stop.stop_requested() || ending_) return;
      done([&]() -> Result<StoredPage> {
        Workspace& reader = *TRY(readerOf(texts_.reader));
        return reader.library().page(revision, page);
      }());
    });
  }

  void readText(RevisionId revision, TextSpan span, std::function<void(Result<std::string>)> done) {
    texts_.thread.post([this, revision, span, done = std::move(done)] {
      done([&]() -> Result<std::string> {
        Workspace& reader = *TRY(readerOf(texts_.reader));
        return reader.library().text(revision, span);
      }());
    });
  }

  void find(const std::shared_ptr<DocumentSearch>& search,
            const std::stop_token& stop,
            std::function<void(const FindProgress&)> tell) {
    texts_.thread.post([this, search, stop, tell = std::move(tell)] {
      if (stop.stop_requested() || ending_) return;
      FindProgress progress;
      if (auto reader = readerOf(texts_.reader); !reader) {
        progress.error = reader.error();
        progress.ended = true;
      } else {
        progress = search->step((*reader)->library(), kFindStep);
      }
      if (stop.stop_requested()) return;
      tell(progress);
      if (!progress.ended) find(search, stop, tell);
    });
  }

 private:
  struct Counter {
    std::unique_ptr<Workspace> reader;  // of the thread, as the next
    std::optional<BudgetCounter> budgets;
    TaskThread thread;
  };

  // Where it cannot be kept it is counted again another time.
  void keepCount(RevisionId revision, const Sha256& counter, int64_t tokens) {
    writer_.post([this, revision, counter, tokens] {
      if (!workspace_->canWrite()) return;
      (void)workspace_->library().setTokenCount(revision, counter, tokens);
    });
  }

  [[nodiscard]] WorkspaceOptions forReading() const {
    WorkspaceOptions options = options_;
    options.access = Access::Read;
    return options;
  }

  Result<Workspace*> readerOf(std::unique_ptr<Workspace>& reader) {
    if (!reader) reader = TRY(Workspace::open(forReading()));
    return reader.get();
  }

  void runJobs() {
    writer_.post([this] {
      jobs_.run(*workspace_, [this] { writer_.catchUp(); }, [this] { tellLibrary(); });
    });
  }

  // What is read again to take the place of a document does not stand beside it.
  static void withoutReplacements(std::vector<RevisionInfo>& documents) {
    std::vector<Sha256> whole;
    for (const RevisionInfo& info : documents) {
      if (info.sealed) whole.push_back(info.contentSha256);
    }
    std::erase_if(documents, [&whole](const RevisionInfo& info) {
      return !info.sealed && std::ranges::find(whole, info.contentSha256) != whole.end();
    });
  }

  void tellLibrary() {
    auto view = std::make_shared<LibraryView>();
    const auto read = [&]() -> Result<void> {
      view->documents = TRY(workspace_->library().revisions());
      withoutReplacements(view->documents);
      view->shelves = TRY(workspace_->library().shelves());
      view->conversations = TRY(workspace_->library().conversations());
      return {};
    }();
    if (!read) {
      events_.failed(read.error());
      return;
    }
    view->canWrite = workspace_->canWrite();
    view->readOnlyReason = workspace_->readOnlyReason();
    view->notices = workspace_->library().notices();
    events_.libraryChanged(std::move(view));
  }

  WorkspaceOptions options_;
  DeskEvents events_;
  std::unique_ptr<Workspace> workspace_;  // of the writer
  std::unique_ptr<Workspace> askReader_;  // of the thread that answers
  JobQueue jobs_;

  std::atomic<bool> ending_ = false;
  std::stop_source ended_;  // likewise, for what looks at a token
  TaskThread writer_;       // last to end: the others post to it
  QuestionQueue questions_;
  std::array<Drawer, 2> drawers_;
  Drawer thumbnails_;
  Reader texts_;
  Counter counter_;
  Reader walker_;  // through folders
};

}  // namespace lectern
