// SPDX-License-Identifier: GPL-3.0-or-later
//
// A sequence saved whole, in the two files that it takes.
#pragma once

#include "core/engine/states.h"

#include <filesystem>

namespace lectern::test {

/// Where saveWhole puts them.
inline SavedStates filesAt(const std::filesystem::path& path) {
  return {path, {path.string() + ".pages"}};
}

inline Result<void> saveWhole(const States& states,
                              const std::filesystem::path& path,
                              const Sha256& modelHash,
                              const std::stop_token& stop = {}) {
  TRY(states.savePages(filesAt(path).pages[0], modelHash, {}, stop));
  return states.saveState(path, modelHash, {});
}

}  // namespace lectern::test
