// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/base/sha256.h"
#include "core/engine/engine.h"
#include "core/engine/states.h"
#include "core/reading/reading_folder.h"
#include "core/reading/reading_note.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lectern {

class ReadingRoom;

/// How much room readings may take, from when on one is worth it, and how often one is kept.
struct ReadingLimits {
  int64_t maxBytes = 8'000'000'000;        ///< of all readings together; 0: none is kept
  int64_t leastFreeBytes = 1'000'000'000;  ///< that stay free on the volume
  int64_t worthMs = 2'000;                 ///< what reading it again would take, at least
  int64_t everyTokens = 16'384;            ///< on the way through a long document

  friend bool operator==(const ReadingLimits&, const ReadingLimits&) = default;
};

/// A reading as it lies on the disk, for a list of them.
struct KeptReading {
  std::string id;  ///< names it among all, "3f2a-9c01d2e4"
  ReadingNote note;
  int64_t tokens = 0;
  int64_t bytes = 0;       ///< that go with it: what others need too is not counted
  int64_t lastUsedMs = 0;  ///< Unix time, also of what it went on from
};

/// What models have read of documents, kept as files: a folder a model (named by
/// Engine::modelHash), in it for each reading the state after it, and its keys and values behind
/// those of the reading that it went on from. A name tells the number of tokens and the chain over
/// them, so the folder is its own index: whatever a crash, another process or the user left out,
/// the rest is as good as before. What was read of documents can be made out from its readings:
/// they are the user's alone (mode 0700).
///
/// Any number of processes may use a folder at a time. Thread: one at a time for each store.
class ReadingStore {
 public:
  ReadingStore(std::filesystem::path folder, const ReadingLimits& limits)
      : folder_(std::move(folder)), limits_(limits) {}

  [[nodiscard]] const ReadingLimits& limits() const { return limits_; }

  /// A reading that was taken from the disk.
  struct Taken {
    std::optional<States> states;       ///< none: there was no such reading
    ReadingNote note;                   ///< of it
    std::vector<std::string> problems;  ///< what was wrong with longer ones; it is deleted
  };
  /// The longest kept beginning of `tokens` of more than `longerThan` of them, which is then the
  /// last used. Errors: OutOfMemory, Cancelled; Storage where the folder cannot be looked through.
  Result<Taken> take(const Engine& engine,
                     std::span<const int32_t> tokens,
                     int64_t longerThan,
                     const std::stop_token& stop) const;

  /// Keeps a reading; `before` is the beginning of it that was kept or taken last, from which on
  /// its keys and values are written. Others make room as ReadingRoom says, if that is enough.
  /// Errors: Storage; DoesNotFit, when nothing was deleted; Cancelled.
  Result<void> keep(const Engine& engine,
                    const States& states,
                    const TokenPrefix& before,
                    const ReadingNote& note,
                    const std::stop_token& stop) const;

  /// Those that no other goes on from, the last used first.
  [[nodiscard]] Result<std::vector<KeptReading>> list() const;
  /// Bytes of all files.
  [[nodiscard]] Result<int64_t> bytes() const;

  /// Deletes a reading of the list, with what it went on from and nothing else does. NotFound.
  Result<void> remove(std::string_view id) const;
  /// Deletes all of them, and whatever else is in their folders. Errors: Storage.
  Result<void> removeAll() const;
  /// Deletes what no question began from since then, also where others went on from it, and says
  /// which of the list that were; likewise the next.
  Result<std::vector<std::string>> removeUnusedSince(int64_t unixMs) const;
  /// Deletes every reading that knows of a content for which `isWanted` says no.
  Result<std::vector<std::string>> removeUnless(
      const std::function<Result<bool>(const Sha256&)>& isWanted) const;

 private:
  [[nodiscard]] std::filesystem::path folderOf(const Engine& engine) const;
  Result<void> makeRoom(ReadingRoom& room, int64_t bytes) const;
  Result<std::vector<std::string>> removeWhere(
      const std::function<Result<bool>(const ReadingFolder::Place&)>& isGoing) const;

  std::filesystem::path folder_;
  ReadingLimits limits_;
};

}  // namespace lectern
