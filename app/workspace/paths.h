// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>

namespace lectern {

/// The folder of the library: `wanted`, else $LECTERN_DATA_DIR, else $XDG_DATA_HOME/lectern (which
/// must be absolute, as the XDG base directory specification says), else ~/.local/share/lectern.
/// Errors: Storage where there is no home folder either.
Result<std::filesystem::path> dataFolder(const std::filesystem::path& wanted);

/// The user's folder of a kind, as the XDG base directory specification says: `variable`/lectern
/// where that is absolute, else `below`/lectern in the home folder. Errors: Storage where there is
/// no home folder either.
Result<std::filesystem::path> userFolder(const char* variable, const std::filesystem::path& below);

/// Makes the folder, its own mode 0700, and those above it where they are missing. Errors: Storage.
Result<void> makePrivateFolder(const std::filesystem::path& folder);

/// lectern-extract: `wanted`, else $LECTERN_HELPER, else beside this program, else in
/// ../libexec/lectern. A name is returned even where no such file is there, for the message about
/// it.
std::filesystem::path helperProgram(const std::filesystem::path& wanted);

/// What is installed beside this program, ../share/lectern, "models" among it.
std::filesystem::path sharedFolder();

}  // namespace lectern
