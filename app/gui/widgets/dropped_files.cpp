// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/dropped_files.h"

#include "app/gui/bridge/strings.h"

#include <algorithm>
#include <array>
#include <string>
#include <system_error>

namespace lectern::gui {

namespace {

bool isSupported(const std::filesystem::path& file) {
  static constexpr std::array<std::string_view, 6> kEndings = {".pdf", ".txt",      ".text",
                                                               ".md",  ".markdown", ".log"};
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

bool isHidden(const std::filesystem::path& path) {
  return path.filename().string().starts_with('.');
}

}  // namespace

DroppedFiles filesOf(const QList<QUrl>& urls, int limit) {
  namespace fs = std::filesystem;
  DroppedFiles dropped;
  std::error_code ignored;
  for (const QUrl& url : urls) {
    if (!url.isLocalFile()) {
      ++dropped.unsupported;
      continue;
    }
    const fs::path path = pathFromQt(url.toLocalFile());
    if (!fs::is_directory(path, ignored)) {
      // Chosen by name: whatever it is called, its content decides.
      dropped.files.push_back(path);
      continue;
    }
    fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied,
                                           ignored);
    for (; entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
      if (--limit < 0) {
        dropped.more = true;
        break;
      }
      if (isHidden(entry->path())) {
        if (entry->is_directory(ignored)) entry.disable_recursion_pending();
        continue;
      }
      if (!entry->is_regular_file(ignored)) continue;
      if (isSupported(entry->path())) {
        dropped.files.push_back(entry->path());
      } else {
        ++dropped.unsupported;
      }
    }
  }
  std::ranges::sort(dropped.files);
  return dropped;
}

}  // namespace lectern::gui
