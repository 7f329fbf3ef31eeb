// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/desk.h"

#include "app/workspace/page_pace.h"
#include "app/workspace/stop_of_either.h"
#include "app/workspace/task_thread.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

namespace lectern {

namespace {

using namespace std::chrono_literals;

// How long a search holds the thread of the texts, and the pace at which it tells.
constexpr auto kFindStep = 30ms;

constexpr auto kDrawerRests = 30s;

WorkspaceOptions forReading(WorkspaceOptions options) {
  options.access = Access::Read;
  return options;
}

bool hasEnded(Job::State state) {
  return state == Job::State::Done || state == Job::State::Failed || state == Job::State::Cancelled;
}

}  // namespace

/// The writer owns the workspace that may write; answering and drawing threads read through
/// workspaces of their own, opened when they are first needed. A job waits in `waiting_`, runs on
/// the writer, and stays in `jobs_` for whoever tries it again. Reading a file in does what was
/// posted to the writer meanwhile after each page, so that nobody waits for a whole document.
class Desk::Impl {
 public:
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
      : options_(options), events_(std::move(events)), workspace_(std::move(workspace)) {}

  ~Impl() {
    ending_ = true;
    ended_.request_stop();
    const std::lock_guard lock(mutex_);
    for (auto& [id, entry] : jobs_) entry.stop.request_stop();
    for (auto& [id, stop] : questions_) stop.request_stop();
  }

  void refresh() {
    writer_.post([this] { tellLibrary(); });
  }

  JobId add(const std::filesystem::path& file, const AddOptions& options) {
    JobId id{};
    {
      const std::lock_guard lock(mutex_);
      id = JobId(++lastId_);
      Entry& entry = jobs_[id];
      entry.job.id = id;
      entry.job.file = file;
      entry.options = options;
      waiting_.push_back(id);
      tell(entry.job);
    }
    writer_.post([this] { runWaiting(); });
    return id;
  }

  void interrupt(JobId id, Job::State wanted) {
    const std::lock_guard lock(mutex_);
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || hasEnded(found->second.job.state)) return;
    Entry& entry = found->second;
    entry.wanted = wanted;
    if (entry.job.state == Job::State::Reading) {
      entry.stop.request_stop();
      return;
    }
    std::erase(waiting_, id);
    entry.job.state = wanted;
    tell(entry.job);
  }

  void resume(JobId id, const std::string& password) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = jobs_.find(id);
      if (found == jobs_.end()) return;
      Entry& entry = found->second;
      if (entry.job.state == Job::State::Waiting || entry.job.state == Job::State::Reading ||
          entry.job.state == Job::State::Done) {
        return;
      }
      if (!password.empty()) entry.options.password = password;
      entry.stop = std::stop_source();
      entry.job.state = Job::State::Waiting;
      entry.job.error.reset();
      waiting_.push_back(id);
      tell(entry.job);
    }
    writer_.post([this] { runWaiting(); });
  }

  /// Changes the library on the thread that writes.
  void change(std::function<Result<void>(Library&)> what) {
    writer_.post([this, what = std::move(what)] {
      if (const auto changed = what(workspace_->library()); !changed) {
        events_.failed(changed.error());
      }
      tellLibrary();
    });
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

  using Made = Result<MessageRecord>;
  using Stored = std::function<void(const Result<StoreReport>&)>;

  /// Lets the asker `make` an answer, and the writer store it.
  QuestionId answer(const std::string& question,
                    const std::vector<RevisionId>& scope,
                    const Continuation& into,
                    std::function<Made(Workspace&, std::stop_token)> make,
                    Stored done) {
    QuestionId id{};
    std::stop_source stop;
    {
      const std::lock_guard lock(mutex_);
      id = QuestionId(++lastId_);
      questions_[id] = stop;
    }
    asker_.post([this, id, question, scope, into, make = std::move(make), done = std::move(done),
                 stop = stop.get_token()] {
      Made answer = [&]() -> Made {
        Workspace& reader = *TRY(readerOf(askReader_));
        return make(reader, stop);
      }();
      {
        const std::lock_guard lock(mutex_);
        questions_.erase(id);
      }
      if (!answer) {
        done(std::move(answer).error());
        return;
      }
      writer_.post([this, id, question, scope, into, record = std::move(*answer), done] {
        std::optional<ConversationId> conversation = into.conversation;
        if (into.question && storedIn_.contains(*into.question)) {
          conversation = storedIn_.at(*into.question);
        }
        const StoreReport report = workspace_->store(question, scope, record, conversation);
        if (report.conversation) storedIn_[id] = *report.conversation;
        done(report);
        tellLibrary();
      });
    });
    return id;
  }

  void stop(QuestionId id) {
    const std::lock_guard lock(mutex_);
    if (const auto found = questions_.find(id); found != questions_.end()) {
      found->second.request_stop();
    }
  }

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
            const std::function<void(const FindProgress&)>& tell) {
    texts_.thread.post([this, search, stop, tell] {
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
  struct Entry {
    Job job;
    AddOptions options;
    std::stop_source stop;
    Job::State wanted = Job::State::Cancelled;  // what a stop that was asked for means
    PagePace pace;
  };
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

  Result<Workspace*> readerOf(std::unique_ptr<Workspace>& reader) {
    if (!reader) reader = TRY(Workspace::open(forReading(options_)));
    return reader.get();
  }

  // With `mutex_` held, so that states arrive in their order.
  void tell(const Job& job) { events_.jobChanged(job); }

  void tellLibrary() {
    auto view = std::make_shared<LibraryView>();
    const auto read = [&]() -> Result<void> {
      view->documents = TRY(workspace_->library().revisions());
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

  // One at a time: a job that lets others catch up must not begin the next one.
  void runWaiting() {
    if (running_) return;
    running_ = true;
    while (Entry* entry = nextJob()) run(*entry);
    running_ = false;
  }

  Entry* nextJob() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty() || ending_) return nullptr;
    Entry& entry = jobs_.at(waiting_.front());
    waiting_.pop_front();
    entry.job.state = Job::State::Reading;
    entry.pace.start(PagePace::Clock::now());
    tell(entry.job);
    return &entry;
  }

  void run(Entry& entry) {
    const Result<AddReport> report = workspace_->add(
        entry.job.file, entry.options,
        [this, &entry](const AddProgress& progress) { pageStored(entry, progress); },
        entry.stop.get_token());
    {
      const std::lock_guard lock(mutex_);
      Job& job = entry.job;
      job.left.reset();
      if (report) {
        job.state = Job::State::Done;
        job.report = *report;
      } else if (report.error().code == ErrorCode::Cancelled) {
        job.state = entry.wanted;
      } else {
        job.state = Job::State::Failed;
        job.error = report.error();
      }
      tell(job);
    }
    tellLibrary();
  }

  void pageStored(Entry& entry, const AddProgress& progress) {
    {
      const std::lock_guard lock(mutex_);
      entry.pace.pageDone(PagePace::Clock::now());
      entry.job.page = progress.page;
      entry.job.pageCount = progress.pageCount;
      entry.job.left = entry.pace.left(progress.pageCount - progress.page);
      tell(entry.job);
      if (ending_) return;
    }
    writer_.catchUp();
  }

  WorkspaceOptions options_;
  DeskEvents events_;
  std::unique_ptr<Workspace> workspace_;           // of the writer
  std::unique_ptr<Workspace> askReader_;           // of the asker
  bool running_ = false;                           // of the writer: a job is being read
  std::map<QuestionId, ConversationId> storedIn_;  // of the writer

  std::mutex mutex_;  // guards what follows, down to `questions_`
  int64_t lastId_ = 0;
  std::map<JobId, Entry> jobs_;
  std::deque<JobId> waiting_;
  std::map<QuestionId, std::stop_source> questions_;

  std::atomic<bool> ending_ = false;
  std::stop_source ended_;  // likewise, for what looks at a token
  TaskThread writer_;       // last to end: the others post to it
  TaskThread asker_;
  std::array<Drawer, 2> drawers_;
  Drawer thumbnails_;
  Reader texts_;
  Counter counter_;
  Reader walker_;  // through folders
};

Desk::Desk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Desk::~Desk() = default;

Result<std::unique_ptr<Desk>> Desk::open(const WorkspaceOptions& options, DeskEvents events) {
  auto workspace = TRY(Workspace::open(options));
  return std::unique_ptr<Desk>(
      new Desk(std::make_unique<Impl>(options, std::move(events), std::move(workspace))));
}

void Desk::refresh() {
  impl_->refresh();
}
JobId Desk::add(const std::filesystem::path& file, const AddOptions& options) {
  return impl_->add(file, options);
}
void Desk::pause(JobId job) {
  impl_->interrupt(job, Job::State::Paused);
}
void Desk::resume(JobId job, const std::string& password) {
  impl_->resume(job, password);
}
void Desk::cancel(JobId job) {
  impl_->interrupt(job, Job::State::Cancelled);
}
void Desk::remove(RevisionId revision) {
  impl_->change([=](Library& library) { return library.removeRevision(revision); });
}
void Desk::makeShelf(const std::string& name, const std::vector<RevisionId>& revisions) {
  impl_->change([=](Library& library) -> Result<void> {
    return library.setShelf(TRY(library.shelf(name)), revisions);
  });
}
void Desk::setShelf(ShelfId shelf, const std::vector<RevisionId>& revisions) {
  impl_->change([=](Library& library) { return library.setShelf(shelf, revisions); });
}
void Desk::renameShelf(ShelfId shelf, const std::string& name) {
  impl_->change([=](Library& library) { return library.renameShelf(shelf, name); });
}
void Desk::removeShelf(ShelfId shelf) {
  impl_->change([=](Library& library) { return library.removeShelf(shelf); });
}
void Desk::renameConversation(ConversationId conversation, const std::string& title) {
  impl_->change([=](Library& library) { return library.renameConversation(conversation, title); });
}
void Desk::removeConversation(ConversationId conversation) {
  impl_->change([=](Library& library) { return library.removeConversation(conversation); });
}
QuestionId Desk::ask(const std::string& question,
                     const std::vector<RevisionId>& scope,
                     const AskOptions& options,
                     AnswerSink sink,
                     std::function<void(const Result<StoreReport>&)> done,
                     const Continuation& into) {
  return impl_->answer(
      question, scope, into,
      [=](Workspace& reader, std::stop_token stop) {
        return reader.answer(question, scope, options, sink, std::move(stop));
      },
      std::move(done));
}
QuestionId Desk::summarize(const std::string& title,
                           const std::vector<RevisionId>& scope,
                           AnswerSink sink,
                           std::function<void(const Result<StoreReport>&)> done,
                           const Continuation& into) {
  return impl_->answer(
      title, scope, into,
      [=](Workspace& reader, std::stop_token stop) -> Result<MessageRecord> {
        Result<Summary> made = reader.summary(scope, {}, sink, std::move(stop));
        if (made && made->found) return std::move(made->record);
        Error error = made ? Error{ErrorCode::NotFound,
                                   "There is nothing to summarise: the pages are pictures or "
                                   "blank, or were not read yet."}
                           : std::move(made).error();
        sink(Failed{error});
        return error;
      },
      std::move(done));
}
void Desk::stop(QuestionId question) {
  impl_->stop(question);
}
void Desk::countFiles(const std::vector<std::filesystem::path>& named,
                      std::stop_token stop,
                      std::function<void(const Result<FileCount>&)> told) {
  impl_->countFiles(named, std::move(stop), std::move(told));
}
void Desk::countBudget(const std::vector<RevisionId>& scope,
                       const AskOptions& options,
                       const std::string& question,
                       std::stop_token stop,
                       std::function<void(const Result<ContextBudget>&)> told) {
  impl_->countBudget(scope, options, question, std::move(stop), std::move(told));
}
void Desk::openConversation(ConversationId conversation,
                            std::function<void(const Result<StoredConversation>&)> done) {
  impl_->read<StoredConversation>(
      [=](Library& library) -> Result<StoredConversation> {
        ConversationInfo info = TRY(library.conversation(conversation));
        std::vector<MessageRecord> messages = TRY(library.messages(conversation));
        return StoredConversation{std::move(info), std::move(messages)};
      },
      std::move(done));
}
void Desk::searchConversations(
    const std::string& query,
    std::function<void(const Result<std::vector<ConversationHit>>&)> done) {
  impl_->read<std::vector<ConversationHit>>(
      [=](Library& library) { return library.searchConversations(query); }, std::move(done));
}
void Desk::openDocument(RevisionId revision,
                        std::function<void(const Result<DocumentView>&)> done) {
  impl_->read<DocumentView>(
      [=](Library& library) -> Result<DocumentView> {
        RevisionInfo info = TRY(library.revision(revision));
        std::vector<PageShape> pages = TRY(library.pageShapes(revision));
        return DocumentView{std::move(info), std::move(pages)};
      },
      std::move(done));
}
void Desk::render(RevisionId revision,
                  int page,
                  const PictureOptions& options,
                  std::stop_token stop,
                  std::function<void(Result<PageImage>)> done) {
  impl_->render(impl_->drawerOf(page), revision, page, options, std::move(stop), std::move(done));
}
void Desk::renderThumbnail(RevisionId revision,
                           int page,
                           const PictureOptions& options,
                           std::stop_token stop,
                           std::function<void(Result<PageImage>)> done) {
  impl_->render(impl_->thumbnailDrawer(), revision, page, options, std::move(stop),
                std::move(done));
}
void Desk::readPage(RevisionId revision,
                    int page,
                    std::stop_token stop,
                    std::function<void(Result<StoredPage>)> done) {
  impl_->readPage(revision, page, std::move(stop), std::move(done));
}
void Desk::readText(RevisionId revision,
                    TextSpan span,
                    std::function<void(Result<std::string>)> done) {
  impl_->readText(revision, span, std::move(done));
}
void Desk::find(RevisionId revision,
                const FindQuery& query,
                std::stop_token stop,
                std::function<void(const FindProgress&)> progress) {
  impl_->find(std::make_shared<DocumentSearch>(revision, query), stop, progress);
}

}  // namespace lectern
