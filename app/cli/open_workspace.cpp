// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/open_workspace.h"

#include "app/cli/settings_notice.h"
#include "app/cli/terminal_text.h"

#include <string>
#include <utility>

namespace lectern::cli {

Result<std::unique_ptr<Workspace>> openWorkspace(const CommandContext& context, Access access) {
  WorkspaceOptions options = context.workspace;
  options.access = access;
  if (const auto folder = configFolder(options.configFolder)) {
    applySettings(loadWithNotices(context, *folder).settings, options);
  }
  auto workspace = TRY(Workspace::open(options));
  for (const std::string& notice : workspace->library().notices()) {
    context.streams.err << "lectern-cli: " << oneLine(notice) << '\n';
  }
  return workspace;
}

}  // namespace lectern::cli
