// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/cache_folder.h"

#include "app/workspace/paths.h"
#include "core/base/file.h"

#include <fmt/format.h>

#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

fs::path cacheFolder(const fs::path& folder, std::string_view what) {
  constexpr std::string_view kTagName = "CACHEDIR.TAG";
  constexpr std::string_view kSignature = "Signature: 8a477f597d28d172789f06886806bc55";
  std::error_code ignored;
  if (!fs::exists(folder / kTagName, ignored) && makePrivateFolder(folder)) {
    (void)writeFileAtomically(folder / kTagName, fmt::format("{}\n# {}\n", kSignature, what));
  }
  return folder;
}

}  // namespace lectern
