// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/answer/outline_summary.h"
#include "core/base/result.h"
#include "core/library/library.h"
#include "ingest/importer.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

struct WorkspaceOptions {
  std::filesystem::path dataFolder;  ///< empty: $LECTERN_DATA_DIR, else $XDG_DATA_HOME/lectern
  std::filesystem::path helper;      ///< empty: found beside this program or in its libexec folder
  ExtractionLimits limits;
  /// Without it a library that another process holds is opened for reading, and nothing is stored.
  bool mustWrite = false;
};

struct AddOptions {
  std::string password;
  std::string shelf;  ///< also put it at the end of this shelf; empty: none
};

struct AddProgress {
  int page = 0;
  int pageCount = 0;
};

struct AddReport {
  RevisionId revision{};
  bool alreadyThere = false;  ///< the same content was in the library; only its location is new
  int resumedAtPage = 0;      ///< an earlier import was cut off; it went on here. 0: no
  RevisionInfo info;
  std::vector<Page> troubled;  ///< skipped and image-only pages, without their text
};

struct AskReport {
  std::optional<MessageId> stored;  ///< not where the library is open for reading only
  std::string notStoredBecause;
  std::vector<CitationId> citations;
};

/// Library, importer and answerers wired together: what the window, the command line and the server
/// stand on. Thread: one at a time.
class Workspace {
 public:
  static Result<std::unique_ptr<Workspace>> open(const WorkspaceOptions& options);

  [[nodiscard]] bool canWrite() const { return canWrite_; }
  /// Why not, in a sentence with the holder's process id.
  [[nodiscard]] const std::string& readOnlyReason() const { return readOnlyReason_; }
  Library& library() { return *library_; }

  /// Reads a file into the library page by page. Stopped or cut off, it keeps the pages it has, and
  /// goes on there the next time.
  Result<AddReport> add(const std::filesystem::path& path,
                        const AddOptions& options,
                        const std::function<void(const AddProgress&)>& progress,
                        std::stop_token stop);

  /// Answers, and stores question and answer in a conversation of their own.
  Result<AskReport> ask(std::string_view question,
                        const std::vector<RevisionId>& scope,
                        const AnswerSink& sink,
                        std::stop_token stop);

  /// Draws the page of a citation with its rectangles marked. Needs the file at one of its
  /// locations, unchanged.
  Result<PageImage> picture(const StoredCitation& citation,
                            double dotsPerInch,
                            std::stop_token stop);

 private:
  Workspace() = default;

  WorkspaceOptions options_;
  std::unique_ptr<Library> library_;
  bool canWrite_ = false;
  std::string readOnlyReason_;
};

}  // namespace lectern
