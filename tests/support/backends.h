// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/backend.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace lectern::test {

/// The backends of this machine, for suites that run on each of them.
inline std::vector<std::string> backendNames() {
  std::vector<std::string> names;
  for (const kernels::BackendProperties& backend : kernels::availableBackends())
    names.push_back(backend.name);
  return names;
}

/// "cpu-avx512" as GoogleTest allows it in the name of a test.
inline std::string asTestName(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return text;
}

}  // namespace lectern::test
