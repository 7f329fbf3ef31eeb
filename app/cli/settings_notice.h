// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "app/workspace/settings_file.h"

#include <filesystem>

namespace lectern::cli {

/// The settings of the folder; what is wrong with them is said on the error stream.
LoadedSettings loadWithNotices(const CommandContext& context, const std::filesystem::path& folder);

/// The settings of the folder that the context names, without a word; the defaults where there is
/// no home folder.
Settings settingsOf(const CommandContext& context);

}  // namespace lectern::cli
