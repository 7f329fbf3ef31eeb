// SPDX-License-Identifier: GPL-3.0-or-later
// Pages that a limit ended, read again with higher ones. A text never changes, so that this makes
// another revision of the same content: the pages that are there are copied, and it takes the old
// one's place on shelves and for its files. What cites the old one keeps it.
#include "app/workspace/reread.h"

#include "app/workspace/source_file.h"
#include "app/workspace/workspace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace lectern {

namespace {

constexpr int kRaise = 4;

// Behind the reader's name in `extractor`, before the seconds that a page had: "pdf/1+80s".
constexpr char kRaisedMark = '+';

std::string_view readerOf(std::string_view extractor) {
  return extractor.substr(0, extractor.find(kRaisedMark));
}

std::chrono::seconds triedSeconds(std::string_view extractor) {
  int64_t seconds = 0;
  if (const auto mark = extractor.find(kRaisedMark); mark != std::string_view::npos) {
    std::from_chars(extractor.data() + mark + 1, extractor.data() + extractor.size(), seconds);
  }
  return std::chrono::seconds(seconds);
}

/// Higher than the present ones, and than those that were tried.
ExtractionLimits raised(const ExtractionLimits& limits, std::string_view extractor) {
  const auto base = std::max(limits.pageCpu, triedSeconds(extractor));
  const int64_t times = kRaise * std::max<int64_t>(1, base / limits.pageCpu);
  ExtractionLimits higher = limits;
  higher.pageCpu = base * kRaise;
  higher.pageWall = limits.pageWall * times;
  higher.openWall = limits.openWall * times;
  higher.documentCpu = limits.documentCpu * times;
  higher.memoryBytes = limits.memoryBytes * times;
  return higher;
}

/// Stores a run of pages, up to the last one that is wanted; there it ends the import, with `ended`
/// set.
class RunSink : public ImportSink {
 public:
  RunSink(Library& library,
          RevisionId revision,
          const SourceFile& file,
          int last,
          const std::function<void(const Page&)>& stored)
      : library_(library), revision_(revision), file_(file), last_(last), stored_(stored) {}

  Result<void> onInfo(const DocumentInfo& /*info*/) override { return {}; }

  Result<void> onPage(Page&& page) override {
    TRY(file_.checkUnchanged());
    TRY(library_.addPage(revision_, page));
    stored_(page);
    ended = page.number >= last_;
    if (ended) return Error{ErrorCode::Cancelled, {}};
    return {};
  }

  bool ended = false;

 private:
  Library& library_;
  RevisionId revision_;
  const SourceFile& file_;
  int last_;
  const std::function<void(const Page&)>& stored_;
};

Result<void> replaceOnShelves(Library& library, RevisionId old, RevisionId by) {
  for (const ShelfInfo& shelf : TRY(library.shelves())) {
    std::vector<RevisionId> revisions = shelf.revisions;
    std::ranges::replace(revisions, old, by);
    if (revisions != shelf.revisions) TRY(library.setShelf(shelf.id, revisions));
  }
  return {};
}

// A file that was touched since is no location of either any more.
Result<void> moveLocations(Library& library, const RevisionInfo& old, RevisionId to) {
  for (const std::filesystem::path& location : old.locations) {
    const Result<SourceFile> file = SourceFile::open(location);
    if (!file) continue;
    if (TRY(library.findLocation(file->location, file->stamp)) != old.id) continue;
    TRY(library.setLocation(file->location, file->stamp, to));
  }
  return {};
}

}  // namespace

// The words of ingest/ for time, standing still and memory, and for the pages behind these.
bool wasEndedByLimit(const Page& page) {
  static constexpr std::array<std::string_view, 5> kWords = {
      " took longer than ", " made the reading stand still for ", " of memory and was skipped",
      " of memory that a document may take", " was not read, because "};
  return page.state == PageState::Skipped &&
         std::ranges::any_of(kWords, [&page](std::string_view words) {
           return page.problem.find(words) != std::string::npos;
         });
}

Result<std::string> presentExtractor(Library& library,
                                     const Sha256& content,
                                     const std::string& extractor) {
  for (const RevisionInfo& info : TRY(library.revisions())) {
    if (info.sealed && info.contentSha256 == content && info.document.extractor != extractor &&
        readerOf(info.document.extractor) == extractor) {
      return info.document.extractor;
    }
  }
  return extractor;
}

Result<void> Workspace::readRun(const SourceFile& file,
                                const ImportOptions& options,
                                RevisionId into,
                                int last,
                                const std::function<void(const Page&)>& stored,
                                const std::stop_token& stop) {
  RunSink sink(*library_, into, file, last, stored);
  Result<void> read = importDocument(file.descriptor, file.named, options, sink, stop);
  if (read || sink.ended) return {};
  if (read.error().code != ErrorCode::Cancelled) return std::move(read).error();
  return Error{ErrorCode::Cancelled,
               fmt::format("Stopped: {} stays as it was.", file.named.string())};
}

Result<void> Workspace::fill(const SourceFile& file,
                             const RevisionInfo& old,
                             RevisionId into,
                             const AddOptions& options,
                             const std::function<void(const AddProgress&)>& progress,
                             const std::stop_token& stop) {
  ImportOptions import;
  import.helper = options_.helper;
  import.limits = raised(options_.limits, old.document.extractor);
  import.password = options.password;
  const int count = old.pagesStored;
  const std::function<void(const Page&)> stored = [&](const Page& page) {
    if (progress) progress({page.number, count});
  };
  for (int number = TRY(library_->revision(into)).pagesStored + 1; number <= count; ++number) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "Reading was stopped."};
    const Page page = TRY(library_->page(old.id, number)).page;
    if (!wasEndedByLimit(page)) {
      TRY(library_->addPage(into, page));
      stored(page);
      continue;
    }
    import.firstPage = number;
    for (; number < count; ++number) {
      const Page next = TRY(library_->page(old.id, number + 1)).page;
      if (!wasEndedByLimit(next)) break;
    }
    TRY(readRun(file, import, into, number, stored, stop));
  }
  return {};
}

Result<RevisionId> Workspace::readSkipped(const SourceFile& file,
                                          RevisionId revision,
                                          const AddOptions& options,
                                          const std::function<void(const AddProgress&)>& progress,
                                          const std::stop_token& stop) {
  const RevisionInfo old = TRY(library_->revision(revision));
  bool isWanted = false;
  for (int number = 1; old.pagesSkipped > 0 && !isWanted && number <= old.pagesStored; ++number) {
    const Page page = TRY(library_->page(revision, number)).page;
    isWanted = wasEndedByLimit(page);
  }
  if (!isWanted || !canWrite_) return revision;

  DocumentInfo info = old.document;
  info.extractor = fmt::format("{}{}{}s", readerOf(old.document.extractor), kRaisedMark,
                               raised(options_.limits, old.document.extractor).pageCpu.count());
  const RevisionId made = TRY(library_->beginRevision(old.contentSha256, old.contentBytes, info));
  if (!TRY(library_->revision(made)).sealed) {
    Result<void> read = fill(file, old, made, options, progress, stop);
    if (read) read = seal(made, stop);
    if (!read) {
      TRY(library_->removeRevision(made));
      return std::move(read).error();
    }
  }
  if (TRY(library_->revision(made)).pagesSkipped >= old.pagesSkipped) {
    TRY(library_->removeRevision(made));
    return revision;
  }
  TRY(replaceOnShelves(*library_, revision, made));
  TRY(moveLocations(*library_, old, made));
  TRY(library_->removeRevision(revision));
  return made;
}

}  // namespace lectern
