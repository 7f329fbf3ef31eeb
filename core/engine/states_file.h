// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/base/sha256.h"
#include "core/engine/token_prefix.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lectern {

/// The files that a saved sequence is made of: what does not grow with its tokens, and its keys and
/// values in pieces, each behind the one before it. So what begins alike is stored once.
struct SavedStates {
  std::filesystem::path state;
  std::vector<std::filesystem::path> pages;  ///< from the first token on
};

/// What such a file says of itself.
struct StatesFileHeader {
  enum class Kind : uint8_t { State, Pages };

  Kind kind = Kind::State;
  Sha256 model{};
  TokenPrefix upTo;        ///< the tokens that it is the state after, or whose keys it ends with
  TokenPrefix from;        ///< of pages: those whose keys are in other files
  int64_t gridOrigin = 0;  ///< see States
  std::string note;        ///< of whoever saved it

  friend bool operator==(const StatesFileHeader&, const StatesFileHeader&) = default;
};

/// Reads no more than that; whether the rest is whole, restoring tells. Errors: InputRefused.
Result<StatesFileHeader> readStatesFileHeader(const std::filesystem::path& path);

enum class StatesFileCondition : uint8_t {
  Sound,
  Damaged,
  Unreadable,  ///< it cannot be opened, or is not there
};
/// Reads all of it.
StatesFileCondition checkStatesFile(const std::filesystem::path& path);

}  // namespace lectern
