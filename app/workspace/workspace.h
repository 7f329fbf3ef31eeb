// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/answer/answer_service.h"
#include "core/answer/outline_summary.h"
#include "core/base/result.h"
#include "core/library/library.h"
#include "ingest/importer.h"
#include "ingest/page_drawer.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// What a face means to do with the library. Only one process writes at a time.
enum class Access : uint8_t {
  Read,         ///< looks only, beside whoever writes
  WriteIfFree,  ///< writes, or only reads while another process holds the library
  Write,        ///< must write; fails with Locked while another process holds the library
};

struct WorkspaceOptions {
  /// Empty: $LECTERN_DATA_DIR, else $XDG_DATA_HOME/lectern, else ~/.local/share/lectern.
  std::filesystem::path dataFolder;
  /// Empty: $XDG_CONFIG_HOME/lectern, else ~/.config/lectern.
  std::filesystem::path configFolder;
  /// lectern-extract. Empty: $LECTERN_HELPER, else beside this program or in its libexec folder.
  std::filesystem::path helper;
  ExtractionLimits limits;
  Access access = Access::WriteIfFree;
};

struct AddOptions {
  std::string password;
  std::string shelf;  ///< also put it at the end of this shelf; empty: none
  /// Of a file that is in the library already: its pages that time or memory ended are read again,
  /// with higher limits.
  bool readSkipped = false;
};

struct AddProgress {
  int page = 0;
  int pageCount = 0;
};

struct AddReport {
  RevisionId revision{};
  bool alreadyThere = false;  ///< the same content was in the library; only its location is new
  int resumedAtPage = 0;      ///< an earlier import was cut off; it went on here. 0: no
  /// Pages that had been skipped were read, which made this revision in place of that one.
  std::optional<RevisionId> replaced;
  RevisionInfo info;
  std::vector<Page> troubled;  ///< skipped and image-only pages, without their text
};

/// Who answers.
struct AskOptions {
  std::filesystem::path model;  ///< the model's folder; empty: the extractive answerer
  ModelAnswerOptions answer;    ///< of a model
  int64_t windowTokens = 0;     ///< see EngineOptions, as the next two
  int threads = 0;
  std::optional<kernels::DType> cacheType;
  ReadingLimits readings;  ///< of what a model has read; see readingStore
};

/// What became of an answer in the library.
struct StoreReport {
  std::optional<ConversationId> conversation;  ///< where it is stored
  std::optional<MessageId> message;            ///< the answer, likewise
  std::optional<Error> notStored;              ///< why it is not: Locked, or what storage failed on
  std::vector<CitationId> citations;  ///< one for each citation of the claims, in their order
};

struct DocumentSummary {
  RevisionId revision{};
  std::vector<SectionSummary> sections;
};

struct Summary {
  std::vector<DocumentSummary> documents;
  bool stopped = false;  ///< more sections were to come

  /// There was something to summarise.
  [[nodiscard]] bool found() const;
};

struct SummaryReport {
  std::vector<DocumentSummary> documents;
  StoreReport store;  ///< its citations: over documents, sections and sentences, in order
};

struct PictureOptions {
  double dotsPerInch = 144;
  std::string password;
};

struct SourceFile;

/// Library, importer and answerers wired together: what the window, the command line and the server
/// stand on. Thread: one at a time.
class Workspace {
 public:
  /// Errors: Storage; Locked (see Access); NotFound to read a library that is not there yet.
  static Result<std::unique_ptr<Workspace>> open(const WorkspaceOptions& options);

  [[nodiscard]] bool canWrite() const { return canWrite_; }
  /// Why not, in a sentence with the holder's process id.
  [[nodiscard]] const std::string& readOnlyReason() const { return readOnlyReason_; }
  Library& library() { return *library_; }

  /// Reads a file into the library page by page. Stopped or cut off, it keeps the pages it has, and
  /// goes on there the next time. A file that changes while it is read is refused, and nothing of
  /// it is kept. Without write access it finds what is there already and refuses the rest. Errors:
  /// those of importDocument and Library; Locked.
  Result<AddReport> add(const std::filesystem::path& path,
                        const AddOptions& options,
                        const std::function<void(const AddProgress&)>& progress,
                        std::stop_token stop);

  /// Takes a document out of the library, and what models have read of it off the disk.
  Result<void> remove(RevisionId revision);
  /// Deletes what models have read of documents that the library does not have any more: `remove`
  /// does, but for what was cut off, or could not be deleted then.
  void forgetReadings();

  /// Answers. Where the documents do not say it, the record is one claim of grade NotFound that
  /// holds the nearest places. An answer that was stopped, or cut off by a limit, is recorded with
  /// what was written of it, and its header says so (`end`); `Finished` tells the same to the sink.
  /// Returns the Error of a Failed answer.
  ///
  /// `sink` is called here, on the caller's thread. A model stays loaded, with what it has read,
  /// for the next question.
  Result<MessageRecord> answer(std::string_view question,
                               const std::vector<RevisionId>& scope,
                               const AskOptions& options,
                               const AnswerSink& sink,
                               std::stop_token stop);
  /// Stores question and answer together, at the end of that conversation, or in one of their own.
  StoreReport store(std::string_view question,
                    const std::vector<RevisionId>& scope,
                    const MessageRecord& answer,
                    std::optional<ConversationId> conversation = std::nullopt);
  /// Stores a further message of the answer that `report` tells of behind the others, and tells it
  /// there; but nothing where one of them could not be stored.
  void storeFurther(const MessageRecord& answer, StoreReport& report);
  /// Both, one after the other.
  Result<StoreReport> ask(std::string_view question,
                          const std::vector<RevisionId>& scope,
                          const AskOptions& options,
                          const AnswerSink& sink,
                          std::stop_token stop,
                          std::optional<ConversationId> conversation = std::nullopt);

  /// The central sentences of each section, an answer a section: its heading as Markdown, and a
  /// verbatim claim a sentence. `sink` hears them one after the other, each up to its Finished,
  /// which names the section, and Prefilling between them, which counts; `made` takes each as the
  /// message that is to be stored.
  /// Stopped, it is what was made so far; a document without text has no sections. Errors:
  /// Cancelled before the first section; NotFound; Storage.
  Result<Summary> summary(const std::vector<RevisionId>& scope,
                          const OutlineOptions& options,
                          const AnswerSink& sink,
                          const std::function<void(MessageRecord)>& made,
                          std::stop_token stop);
  /// The same whole or not at all, and stored in a conversation of its own.
  Result<SummaryReport> summarize(const std::vector<RevisionId>& scope,
                                  const OutlineOptions& options,
                                  std::stop_token stop);

  /// A location of the revision that still holds its content. Errors: InputRefused where there is
  /// none, with what became of each.
  Result<std::filesystem::path> unchangedFile(RevisionId revision, std::stop_token stop);

  /// Draws a page. The document stays open for the next one until another is drawn. Errors: those
  /// of unchangedFile and PageDrawer.
  Result<PageImage> pagePicture(RevisionId revision,
                                int page,
                                const PictureOptions& options,
                                std::stop_token stop);
  /// Draws the page of a citation with its rectangles marked.
  Result<PageImage> picture(const Citation& citation,
                            const PictureOptions& options,
                            std::stop_token stop);

 private:
  /// A document that pages are drawn of, as it was when it was opened.
  struct Drawing {
    RevisionId revision;
    FileStamp stamp;
    std::string password;
    PageDrawer drawer;
  };

  Workspace() = default;

  Result<AddReport> linked(RevisionId revision, const AddOptions& options);
  Result<AddReport> again(const SourceFile& file,
                          RevisionId revision,
                          const AddOptions& options,
                          const std::function<void(const AddProgress&)>& progress,
                          const std::stop_token& stop);
  Result<RevisionId> readSkipped(const SourceFile& file,
                                 RevisionId revision,
                                 const AddOptions& options,
                                 const std::function<void(const AddProgress&)>& progress,
                                 const std::stop_token& stop);
  Result<void> fill(const SourceFile& file,
                    const RevisionInfo& old,
                    RevisionId into,
                    const AddOptions& options,
                    const std::function<void(const AddProgress&)>& progress,
                    const std::stop_token& stop);
  Result<void> readRun(const SourceFile& file,
                       const ImportOptions& options,
                       RevisionId into,
                       int last,
                       const std::function<void(const Page&)>& stored,
                       const std::stop_token& stop);
  Result<void> seal(RevisionId revision, std::stop_token stop);
  Result<void> putOnShelf(RevisionId revision, const std::string& name);
  void askModel(std::string_view question,
                const std::vector<RevisionId>& scope,
                const AskOptions& options,
                const AnswerSink& sink,
                const std::stop_token& stop);

  WorkspaceOptions options_;
  std::unique_ptr<Library> library_;
  bool canWrite_ = false;
  std::string readOnlyReason_;
  std::optional<Drawing> drawing_;          // of the last page that was drawn
  AskOptions asked_;                        // what `answers_` was made for
  std::unique_ptr<AnswerService> answers_;  // once a model was asked
};

}  // namespace lectern
