// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/settings.h"
#include "core/base/result.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lectern {

/// The folder of the settings: `wanted`, else $XDG_CONFIG_HOME/lectern (which must be absolute),
/// else ~/.config/lectern. Errors: Storage where there is no home folder either.
Result<std::filesystem::path> configFolder(const std::filesystem::path& wanted);

/// The settings of a folder, in settings.ini:
///
///   [answers]
///   engine = pocket
///
/// What is missing is the default; what this program does not know stays as it is, and so do
/// comments (lines that begin with # or ;).
struct LoadedSettings {
  Settings settings;
  /// Sentences for the user: a file that is broken (all is default then), or a value that cannot be
  /// (that one is).
  std::vector<std::string> problems;
};
LoadedSettings loadSettings(const std::filesystem::path& folder);

/// New values by the settings' names; nothing: the default, which takes the line away.
using SettingChanges = std::map<std::string, std::optional<std::string>, std::less<>>;

/// Changes these lines of the file and no other; it appears whole or not at all, for its owner
/// alone. Two programs may do so at once. Errors: Usage for a name or a value that cannot be;
/// InputRefused for a file that is broken, which is left alone; Storage.
Result<void> changeSettings(const std::filesystem::path& folder, const SettingChanges& changes);

std::filesystem::path settingsFile(const std::filesystem::path& folder);

}  // namespace lectern
