// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string_view>

namespace lectern {

/// A folder of what can be made again: made where it is missing, mode 0700, and tagged so that
/// backups leave it out (the Cache Directory Tagging Specification, https://bford.info/cachedir/).
/// `what` tells a reader of the tag what it holds. Gives `folder` back also where it cannot be
/// made: whoever writes there says so.
std::filesystem::path cacheFolder(const std::filesystem::path& folder, std::string_view what);

}  // namespace lectern
