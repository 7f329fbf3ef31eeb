// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QUrl>

#include <filesystem>
#include <vector>

namespace lectern::gui {

/// The files behind what was dropped: folders are walked, hidden files and what no reader takes are
/// left out and counted.
struct DroppedFiles {
  std::vector<std::filesystem::path> files;
  int unsupported = 0;
  bool more = false;  ///< there are more than were looked at
};

/// Looks at `limit` entries at most: while something hovers over the window there is little time.
DroppedFiles filesOf(const QList<QUrl>& urls, int limit);

}  // namespace lectern::gui
