// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/budget.h"
#include "app/workspace/file_count.h"
#include "app/workspace/find.h"
#include "app/workspace/job_queue.h"
#include "app/workspace/question_queue.h"
#include "app/workspace/workspace.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {

/// All that the lists of a face show.
struct LibraryView {
  std::vector<RevisionInfo> documents;  ///< in the order in which they were added
  std::vector<ShelfInfo> shelves;
  std::vector<ConversationInfo> conversations;  ///< the last used first
  bool canWrite = false;
  std::string readOnlyReason;
  std::vector<std::string> notices;
};

/// A document with the shapes of all its pages.
struct DocumentView {
  RevisionInfo info;
  std::vector<PageShape> pages;
};

/// A conversation with all that was said in it.
struct StoredConversation {
  ConversationInfo info;
  std::vector<MessageRecord> messages;
};

/// What a desk tells. Each is called on a thread of the desk, never on the caller's.
struct DeskEvents {
  std::function<void(std::shared_ptr<const LibraryView>)> libraryChanged;
  std::function<void(const Job&)> jobChanged;
  /// A request that has no answer of its own failed: taking a document off, changing a shelf or a
  /// conversation.
  std::function<void(const Error&)> failed;
};

/// A workspace for faces that must not wait: every call returns at once, and what comes of it
/// arrives later, as an immutable value. One thread writes to the library and reads files in, one
/// answers questions, one reads texts, two draw pages, and one draws them small; while a document
/// is added, the library can be read, asked and changed. The destructor stops all of it at the next
/// page or token, and waits for that.
/// Thread: any, but the destructor.
class Desk {
 public:
  /// Errors: those of Workspace::open.
  static Result<std::unique_ptr<Desk>> open(const WorkspaceOptions& options, DeskEvents events);
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  /// Calls libraryChanged.
  void refresh();

  // Files into the library, one after the other.
  JobId add(const std::filesystem::path& file, const AddOptions& options);
  /// Looks what adding these files and folders would add; `told` hears it as it grows (see
  /// lectern::countFiles), at last whole, or the error. Nothing is called once `stop` is requested.
  void countFiles(const std::vector<std::filesystem::path>& named,
                  std::stop_token stop,
                  std::function<void(const Result<FileCount>&)> told);
  void pause(JobId job);
  /// Goes on with a paused job, or tries a failed or cancelled one again with another password.
  void resume(JobId job, const std::string& password);
  void cancel(JobId job);

  // Changes of the library. Each calls libraryChanged, and before it, where it could not be made,
  // failed.
  void remove(RevisionId revision);
  void makeShelf(const std::string& name, const std::vector<RevisionId>& revisions);
  void setShelf(ShelfId shelf, const std::vector<RevisionId>& revisions);
  void renameShelf(ShelfId shelf, const std::string& name);
  void removeShelf(ShelfId shelf);
  void renameConversation(ConversationId conversation, const std::string& title);
  void removeConversation(ConversationId conversation);

  /// Asks, and stores question and answer. `sink` hears the events, and at last `done` what became
  /// of the answer in the library, or the error of a failed one; then libraryChanged.
  QuestionId ask(const std::string& question,
                 const std::vector<RevisionId>& scope,
                 const AskOptions& options,
                 AnswerSink sink,
                 std::function<void(const Result<StoreReport>&)> done,
                 const Continuation& into = {});
  /// Summarises section by section, and stores what was asked for in `title` and the summary, also
  /// one that was stopped after some of it. Otherwise like `ask`.
  QuestionId summarize(const std::string& title,
                       const std::vector<RevisionId>& scope,
                       AnswerSink sink,
                       std::function<void(const Result<StoreReport>&)> done,
                       const Continuation& into = {});
  void stop(QuestionId question);

  /// What the documents take of the window of the model that would be asked. `told` hears it as far
  /// as it is counted (see BudgetCounter), at last whole, or the error. Nothing is called once
  /// `stop` is requested.
  void countBudget(const std::vector<RevisionId>& scope,
                   const AskOptions& options,
                   const std::string& question,
                   std::stop_token stop,
                   std::function<void(const Result<ContextBudget>&)> told);

  void openConversation(ConversationId conversation,
                        std::function<void(const Result<StoredConversation>&)> done);
  void searchConversations(const std::string& query,
                           std::function<void(const Result<std::vector<ConversationHit>>&)> done);

  void openDocument(RevisionId revision, std::function<void(const Result<DocumentView>&)> done);
  /// Draws a page. Nothing is called once `stop` is requested.
  void render(RevisionId revision,
              int page,
              const PictureOptions& options,
              std::stop_token stop,
              std::function<void(Result<PageImage>)> done);
  /// The same for small pictures, which no page in view shall wait for.
  void renderThumbnail(RevisionId revision,
                       int page,
                       const PictureOptions& options,
                       std::stop_token stop,
                       std::function<void(Result<PageImage>)> done);

  // What stands on the pages. Nothing is called once `stop` is requested.
  void readPage(RevisionId revision,
                int page,
                std::stop_token stop,
                std::function<void(Result<StoredPage>)> done);
  /// A range of the revision's text.
  void readText(RevisionId revision, TextSpan span, std::function<void(Result<std::string>)> done);
  /// Looks for words, and tells some thirty times a second what was found, at last with `ended`.
  /// Others read between two steps of it.
  void find(RevisionId revision,
            const FindQuery& query,
            std::stop_token stop,
            std::function<void(const FindProgress&)> progress);

 private:
  class Impl;

  explicit Desk(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lectern
