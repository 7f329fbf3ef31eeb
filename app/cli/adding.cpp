// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/adding.h"

#include "app/cli/names.h"
#include "app/cli/progress_line.h"
#include "app/cli/terminal_text.h"
#include "core/base/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace lectern::cli {

namespace {

/// "3, 7-9, 12".
std::string ranges(const std::vector<int>& pages) {
  std::string result;
  for (size_t first = 0; first < pages.size();) {
    size_t last = first;
    while (last + 1 < pages.size() && pages[last + 1] == pages[last] + 1) ++last;
    result += fmt::format("{}{}", result.empty() ? "" : ", ", pages[first]);
    if (last > first) result += fmt::format("-{}", pages[last]);
    first = last + 1;
  }
  return result;
}

void printTroubles(const AddReport& report, std::string_view file, std::ostream& err) {
  for (const std::string& notice : report.info.document.notices) {
    err << file << ": " << oneLine(notice) << '\n';
  }
  std::vector<int> pictures;
  for (const Page& page : report.troubled) {
    if (page.state == PageState::ImageOnly) {
      pictures.push_back(page.number);
    } else {
      err << fmt::format("{}: page {} was skipped: {}\n", file, page.number, oneLine(page.problem));
    }
  }
  if (!pictures.empty()) {
    err << fmt::format("{}: no text to search or quote, only a picture, on {} {}\n", file,
                       pictures.size() == 1 ? "page" : "pages", ranges(pictures));
  }
}

Result<std::vector<RevisionId>> allDocuments(Workspace& workspace,
                                             bool unfinished,
                                             const CommandContext& context) {
  std::vector<RevisionId> scope;
  for (const RevisionInfo& info : TRY(workspace.library().revisions())) {
    if (info.sealed || unfinished) scope.push_back(info.id);
    if (!info.sealed) {
      context.streams.err << fmt::format(
          "{} ({}) is left out: it is read up to page {} of {}. Add "
          "it again to finish.\n",
          nameOf(info.id), oneLine(info.document.title), info.pagesStored, info.document.pageCount);
    }
  }
  return scope;
}

}  // namespace

Result<std::string> readPassword(const CommandContext& context, const std::string& file) {
  if (file.empty()) return std::string();
  std::string text;
  if (file == "-") {
    std::getline(context.streams.in, text);
  } else {
    text = TRY(readFile(file, 4096));
  }
  return text.substr(0, text.find_first_of("\r\n"));
}

Result<AddReport> addWithProgress(Workspace& workspace,
                                  const std::filesystem::path& path,
                                  const AddOptions& options,
                                  const CommandContext& context) {
  const std::string name = oneLine(path.filename().string());
  AddReport report = TRY([&] {
    ProgressLine line(context.streams, name);
    return workspace.add(
        path, options,
        [&line](const AddProgress& progress) { line.update(progress.page, progress.pageCount); },
        context.stop);
  }());
  if (report.resumedAtPage > 0) {
    context.streams.err << fmt::format("{}: went on at page {}\n", name, report.resumedAtPage);
  }
  if (!report.alreadyThere) printTroubles(report, name, context.streams.err);
  return report;
}

Result<std::vector<RevisionId>> chosenDocuments(Workspace& workspace,
                                                const DocumentChoice& choice,
                                                const CommandContext& context) {
  if (!choice.shelf.empty() && !choice.files.empty()) {
    return Error{ErrorCode::Usage, "Name either files or a shelf, not both."};
  }
  std::vector<RevisionId> scope;
  if (!choice.shelf.empty()) {
    scope = TRY(findShelf(workspace.library(), choice.shelf)).revisions;
    if (scope.empty()) {
      return Error{ErrorCode::NotFound, fmt::format("The shelf {} is empty. Put documents on it "
                                                    "with add --shelf.",
                                                    choice.shelf)};
    }
    return scope;
  }
  if (choice.files.empty()) {
    scope = TRY(allDocuments(workspace, choice.unfinished, context));
    if (scope.empty()) {
      return Error{ErrorCode::NotFound,
                   "There is no document in the library. Name a file, or put "
                   "some in with add."};
    }
    return scope;
  }
  AddOptions options;
  options.password = TRY(readPassword(context, choice.passwordFile));
  for (const std::string& file : choice.files) {
    std::error_code ignored;
    const bool byName = revisionNamed(file) && !std::filesystem::exists(file, ignored);
    const RevisionId id = byName ? TRY(findDocument(workspace.library(), file))
                                 : TRY(addWithProgress(workspace, file, options, context)).revision;
    if (std::ranges::find(scope, id) == scope.end()) scope.push_back(id);
  }
  return scope;
}

}  // namespace lectern::cli
