// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/settings_notice.h"

#include "app/cli/terminal_text.h"

namespace lectern::cli {

LoadedSettings loadWithNotices(const CommandContext& context, const std::filesystem::path& folder) {
  LoadedSettings loaded = loadSettings(folder);
  for (const std::string& problem : loaded.problems) {
    context.streams.err << "lectern-cli: " << oneLine(problem) << '\n';
  }
  return loaded;
}

Settings settingsOf(const CommandContext& context) {
  const auto folder = configFolder(context.workspace.configFolder);
  return folder ? loadSettings(*folder).settings : Settings{};
}

}  // namespace lectern::cli
