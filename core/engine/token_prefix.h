// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/sha256.h"

#include <cstdint>
#include <span>

namespace lectern {

/// The beginning of a sequence of tokens: how many they are, and a chain of sums over them, equal
/// for equal tokens whatever pieces they came in. It names what was read.
struct TokenPrefix {
  int64_t tokens = 0;
  Sha256 hash{};

  /// Goes on with the tokens behind it.
  void extend(std::span<const int32_t> behind);

  friend bool operator==(const TokenPrefix&, const TokenPrefix&) = default;
};

}  // namespace lectern
