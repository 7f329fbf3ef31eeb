// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/module.h"

namespace lectern::ptx {

std::string Module::describe(int location) const {
  // Ten levels are more than any kernel of ours inlines; a table that refers to itself ends too.
  constexpr int kDeepest = 10;
  std::string text;
  for (int depth = 0; location >= 0 && depth < kDeepest; ++depth) {
    const Location& place = locations[static_cast<std::size_t>(location)];
    const auto file = files.find(place.file);
    std::string name = file != files.end() ? file->second : "file " + std::to_string(place.file);
    name.erase(0, name.rfind('/') + 1);
    if (!text.empty()) text.append(", inlined at ");
    text.append(name).append(":").append(std::to_string(place.line));
    location = place.inlinedAt;
  }
  return text;
}

}  // namespace lectern::ptx
