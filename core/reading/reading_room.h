// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/reading/reading_folder.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lectern {

/// What a new reading stands on: it must not go to make room for it.
struct ReadingInUse {
  const ReadingFolder* folder = nullptr;
  ReadingFolder::Names places;  ///< whose pages it needs
  std::string last;             ///< the one of them that it goes on from
};

/// Decides which readings go where others need room. First go those that cannot be used and those
/// on the way through a document that others go on from, then those that save the least time for
/// their size and have been of no use the longest: milliseconds per byte and hour. Borrows the
/// folders. Thread: one at a time.
class ReadingRoom {
 public:
  ReadingRoom(std::vector<ReadingFolder>& folders, const ReadingInUse& inUse)
      : folders_(folders), inUse_(inUse) {}

  /// Of all files.
  [[nodiscard]] int64_t bytes() const;
  /// How many of them may go.
  [[nodiscard]] int64_t bytesThatMayGo() const;
  /// Deletes the least useful reading, and says how many bytes that was; 0: none may go.
  int64_t removeLeast();

 private:
  struct Candidate;

  [[nodiscard]] bool mayGo(const ReadingFolder& folder, const std::string& name) const;
  [[nodiscard]] std::optional<Candidate> least() const;

  std::vector<ReadingFolder>& folders_;
  const ReadingInUse& inUse_;
};

}  // namespace lectern
