// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

namespace lectern::helper {

/// Allows this process to read below `folders` only, and where the kernel knows how, forbids TCP
/// and signals to other processes. Needs PR_SET_NO_NEW_PRIVS. False where the kernel has no
/// Landlock or refuses it. Folders that do not exist are left out.
bool restrictToReading(std::span<const char* const> folders);

}  // namespace lectern::helper
