// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/reread.h"
#include "app/workspace/source_file.h"
#include "app/workspace/workspace.h"
#include "core/text/passage_builder.h"
#include "core/text/segmenter.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lectern {

namespace {

/// Stores pages as they come. It ends an import early, with `ended` set, when the library turns out
/// to have the document, or to have pages of it beyond the one that the import began with.
class LibrarySink : public ImportSink {
 public:
  LibrarySink(Library& library,
              const SourceFile& file,
              const Sha256& content,
              const std::function<void(const AddProgress&)>& progress)
      : library_(library), file_(file), content_(content), progress_(progress) {}

  Result<void> onInfo(const DocumentInfo& info) override {
    DocumentInfo named = info;
    if (named.title.empty()) named.title = file_.named.filename().string();
    named.extractor = TRY(presentExtractor(library_, content_, info.extractor));
    revision = TRY(library_.beginRevision(content_, file_.stamp.sizeBytes, named));
    stored = TRY(library_.revision(*revision));
    pageCount = info.pageCount;
    ended = stored.sealed || stored.pagesStored + 1 != firstPage;
    if (ended) return Error{ErrorCode::Cancelled, {}};
    // From the first page on: what is read is shown, also where the reading is broken off.
    return library_.setLocation(file_.location, file_.stamp, *revision);
  }

  Result<void> onPage(Page&& page) override {
    TRY(file_.checkUnchanged());
    TRY(library_.addPage(*revision, page));
    if (progress_) progress_({page.number, pageCount});
    return {};
  }

  int firstPage = 1;   ///< of the import that is running
  bool ended = false;  ///< likewise
  std::optional<RevisionId> revision;
  RevisionInfo stored;  ///< as it was when the import began
  int pageCount = 0;

 private:
  Library& library_;
  const SourceFile& file_;
  const Sha256& content_;
  const std::function<void(const AddProgress&)>& progress_;
};

/// Says how far a content is kept. The library knows, also where this import was stopped before the
/// helper had told which document it is.
Error stoppedError(Library& library, const SourceFile& file, const Sha256& content) {
  const auto revisions = library.revisions();
  if (!revisions) return revisions.error();
  const RevisionInfo* kept = nullptr;
  for (const RevisionInfo& info : *revisions) {
    if (info.contentSha256 != content || info.sealed || info.pagesStored == 0) continue;
    if (kept == nullptr || info.pagesStored > kept->pagesStored) kept = &info;
  }
  if (kept == nullptr) {
    return {ErrorCode::Cancelled,
            fmt::format("Stopped before the first page of {}.", file.named.string())};
  }
  return {ErrorCode::Cancelled,
          fmt::format("Stopped: {} is kept up to page {} of {}. Add it again to go on there.",
                      file.named.string(), kept->pagesStored, kept->document.pageCount)};
}

/// Reads all missing pages. An import does not know where to begin before the helper has told which
/// reader it has, so that it may have to begin once more.
Result<void> readPages(const SourceFile& file,
                       ImportOptions options,
                       LibrarySink& sink,
                       const std::stop_token& stop) {
  for (;;) {
    options.firstPage = sink.firstPage;
    sink.ended = false;
    const Result<void> imported = importDocument(file.descriptor, file.named, options, sink, stop);
    if (imported) return {};
    if (!sink.ended) return imported.error();
    if (sink.stored.sealed || sink.stored.pagesStored >= sink.pageCount) return {};
    sink.firstPage = sink.stored.pagesStored + 1;
  }
}

}  // namespace

Result<AddReport> Workspace::add(const std::filesystem::path& path,
                                 const AddOptions& options,
                                 const std::function<void(const AddProgress&)>& progress,
                                 std::stop_token stop) {
  const SourceFile file = TRY(SourceFile::open(path));
  if (const auto known = TRY(library_->findLocation(file.location, file.stamp))) {
    if (TRY(library_->revision(*known)).sealed) {
      return again(file, *known, options, progress, stop);
    }
  }
  const Sha256 content = TRY(file.hash(stop));
  if (!canWrite_) {
    for (const RevisionInfo& info : TRY(library_->revisions())) {
      if (info.sealed && info.contentSha256 == content) return linked(info.id, options);
    }
    return Error{ErrorCode::Locked,
                 fmt::format("{} cannot be added. {}", file.named.string(), readOnlyReason_)};
  }

  LibrarySink sink(*library_, file, content, progress);
  ImportOptions import;
  import.helper = options_.helper;
  import.limits = options_.limits;
  import.password = options.password;
  Result<void> read = readPages(file, import, sink, stop);
  if (!read && read.error().code == ErrorCode::Cancelled) {
    read = stoppedError(*library_, file, content);
  }
  const bool alreadyThere = sink.stored.sealed;
  // Pages of two states of a file must not become one document. The sum once more, because a write
  // through a mapping need not have touched the file's time yet.
  bool changed = !file.checkUnchanged().has_value();
  if (read && !alreadyThere && !changed) changed = TRY(file.hash(stop)) != content;
  if (changed) {
    if (sink.revision && !alreadyThere) TRY(library_->removeRevision(*sink.revision));
    return file.changedError();
  }
  if (!read) return std::move(read).error();

  if (!alreadyThere) TRY(seal(*sink.revision, stop));
  TRY(library_->setLocation(file.location, file.stamp, *sink.revision));
  if (alreadyThere) return again(file, *sink.revision, options, progress, stop);
  AddReport report = TRY(linked(*sink.revision, options));
  report.alreadyThere = false;
  report.resumedAtPage = sink.firstPage > 1 ? sink.firstPage : 0;
  return report;
}

Result<AddReport> Workspace::again(const SourceFile& file,
                                   RevisionId revision,
                                   const AddOptions& options,
                                   const std::function<void(const AddProgress&)>& progress,
                                   const std::stop_token& stop) {
  if (!options.readSkipped) return linked(revision, options);
  const RevisionId present = TRY(readSkipped(file, revision, options, progress, stop));
  AddReport report = TRY(linked(present, options));
  if (present == revision) return report;
  report.alreadyThere = false;
  report.replaced = revision;
  return report;
}

Result<AddReport> Workspace::linked(RevisionId revision, const AddOptions& options) {
  if (!options.shelf.empty()) TRY(putOnShelf(revision, options.shelf));
  AddReport report;
  report.revision = revision;
  report.alreadyThere = true;
  report.info = TRY(library_->revision(revision));
  int troubled = report.info.pagesSkipped + report.info.pagesImageOnly;
  for (int number = 1; troubled > 0 && number <= report.info.pagesStored; ++number) {
    Page page = TRY(library_->page(revision, number)).page;
    if (page.state != PageState::Skipped && page.state != PageState::ImageOnly) continue;
    page.text.clear();
    page.runs.clear();
    page.blocks.clear();
    report.troubled.push_back(std::move(page));
    --troubled;
  }
  return report;
}

Result<void> Workspace::seal(RevisionId revision, std::stop_token stop) {
  const RevisionInfo info = TRY(library_->revision(revision));
  text::Segmenter segmenter;
  std::string whole;
  whole.reserve(static_cast<size_t>(info.textBytes));
  for (int number = 1; number <= info.pagesStored; ++number) {
    if (stop.stop_requested()) {
      return Error{ErrorCode::Cancelled,
                   fmt::format("Stopped: all pages of {} are kept. Add it again to finish.",
                               info.document.title)};
    }
    const StoredPage stored = TRY(library_->page(revision, number));
    segmenter.addPage(stored.page, stored.byteStart);
    whole += stored.page.text;
  }
  const std::vector<Segment> segments = segmenter.finish();
  const auto textOf = [&whole](TextSpan span) {
    return whole.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length()));
  };
  return library_->seal(revision, segments,
                        text::buildPassages(segments, info.document.title, textOf));
}

Result<void> Workspace::putOnShelf(RevisionId revision, const std::string& name) {
  if (!canWrite_) {
    return Error{ErrorCode::Locked,
                 fmt::format("Nothing can be put on a shelf. {}", readOnlyReason_)};
  }
  const ShelfId shelf = TRY(library_->shelf(name));
  for (const ShelfInfo& info : TRY(library_->shelves())) {
    if (info.id != shelf) continue;
    if (std::ranges::find(info.revisions, revision) != info.revisions.end()) return {};
    std::vector<RevisionId> revisions = info.revisions;
    revisions.push_back(revision);
    return library_->setShelf(shelf, revisions);
  }
  return library_->setShelf(shelf, {revision});
}

}  // namespace lectern
