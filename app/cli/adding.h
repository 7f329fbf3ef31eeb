// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "app/workspace/workspace.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::cli {

/// The first line of a password file, "-" being the input stream; empty for an empty name. Errors:
/// InputRefused.
Result<std::string> readPassword(const CommandContext& context, const std::string& file);

/// Adds a file with progress on the error stream, and says there what is to be known about it:
/// notices, pages that could not be read.
Result<AddReport> addWithProgress(Workspace& workspace,
                                  const std::filesystem::path& path,
                                  const AddOptions& options,
                                  const CommandContext& context);

/// How ask and summarize name what they read.
struct DocumentChoice {
  std::vector<std::string> files;  ///< files, or documents by name (d3)
  std::string shelf;
  std::string passwordFile;
  bool unfinished = false;  ///< the whole library: also what is not read to its end
};

/// Adds the files, or looks up the shelf; nothing named is the whole library. Errors: those of
/// Workspace::add; Usage for files and a shelf; NotFound where there is no document.
Result<std::vector<RevisionId>> chosenDocuments(Workspace& workspace,
                                                const DocumentChoice& choice,
                                                const CommandContext& context);

}  // namespace lectern::cli
