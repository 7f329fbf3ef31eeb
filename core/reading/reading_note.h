// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/sha256.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// What is known of a reading besides its tokens.
struct ReadingNote {
  std::string model;              ///< its name
  std::vector<Sha256> documents;  ///< contents that it read of, in their order
  int64_t readMs = 0;             ///< what all of its tokens took to read
  bool inDocument = false;        ///< it ends within a document, and not at its end

  friend bool operator==(const ReadingNote&, const ReadingNote&) = default;
};

/// The note as it stands in a reading's file: a JSON object.
std::string encodeReadingNote(const ReadingNote& note);
/// What of it can be made out; a note that is none leaves an empty one.
ReadingNote decodeReadingNote(std::string_view text);

}  // namespace lectern
