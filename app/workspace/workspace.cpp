// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/workspace.h"

#include "app/workspace/paths.h"
#include "app/workspace/readings.h"

#include <utility>

namespace lectern {

Result<std::unique_ptr<Workspace>> Workspace::open(const WorkspaceOptions& options) {
  std::unique_ptr<Workspace> workspace(new Workspace);
  workspace->options_ = options;
  workspace->options_.dataFolder = TRY(dataFolder(options.dataFolder));
  workspace->options_.helper = helperProgram(options.helper);
  const std::filesystem::path& folder = workspace->options_.dataFolder;

  // Who only looks must not keep a writer out, not even for the moment that making a library takes.
  if (options.access == Access::Read) {
    workspace->readOnlyReason_ = "The library was opened for reading only.";
  } else {
    TRY(makePrivateFolder(folder));
    Result<std::unique_ptr<Library>> writable = Library::open(folder, Library::OpenMode::ReadWrite);
    if (writable) {
      workspace->library_ = std::move(*writable);
      workspace->canWrite_ = true;
      return workspace;
    }
    if (writable.error().code != ErrorCode::Locked || options.access == Access::Write) {
      return std::move(writable).error();
    }
    workspace->readOnlyReason_ = writable.error().message;
  }
  workspace->library_ = TRY(Library::open(folder, Library::OpenMode::Read));
  return workspace;
}

Result<void> Workspace::remove(RevisionId revision) {
  TRY(library_->removeRevision(revision));
  forgetReadings();
  return {};
}

void Workspace::forgetReadings() {
  if (canWrite_) (void)lectern::forgetReadings(*library_, options_.dataFolder);
}

}  // namespace lectern
