// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "app/workspace/workspace.h"

#include <memory>

namespace lectern::cli {

/// Opens the user's library, and says on the error stream what is to be known about that. Errors:
/// those of Workspace::open.
Result<std::unique_ptr<Workspace>> openWorkspace(const CommandContext& context, Access access);

}  // namespace lectern::cli
