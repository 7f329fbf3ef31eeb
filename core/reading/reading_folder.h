// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/token_prefix.h"
#include "core/reading/reading_note.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// The readings of one model, as the files of a folder tell them: "000016384-<32 digits of the
/// hash>.state" is the state after so many tokens, ".pages" of the same name the keys and values
/// that end there. A picture of the folder as it was when it was looked through; what is removed
/// here is removed there. Thread: one at a time.
class ReadingFolder {
 public:
  /// A place in a sequence of tokens that has files.
  struct Place {
    int64_t tokens = 0;
    // Of its state; 0 bytes: it has none.
    int64_t stateBytes = 0;
    int64_t lastUsedMs = 0;           ///< Unix time
    std::optional<ReadingNote> note;  ///< none: it could not be made out
    // Of its pages, likewise.
    int64_t pageBytes = 0;
    int64_t pagesWrittenMs = 0;
    std::string before;  ///< the name of the place that they go on from; empty: the first token

    /// What all of its tokens took to read.
    [[nodiscard]] int64_t readMs() const { return note ? note->readMs : 0; }
  };
  using Places = std::map<std::string, Place, std::less<>>;  ///< by name, so in order of tokens
  using Names = std::set<std::string, std::less<>>;

  static std::string nameOf(const TokenPrefix& prefix);
  static int64_t nowMs();  ///< Unix time

  /// A folder that is not there is empty; files that are none of a reading, or have the name of
  /// another, are not looked at. Errors: Storage.
  static Result<ReadingFolder> look(const std::filesystem::path& folder);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const Places& places() const { return places_; }
  [[nodiscard]] int64_t bytes() const;
  [[nodiscard]] std::filesystem::path statePath(std::string_view name) const;
  [[nodiscard]] std::filesystem::path pagesPath(std::string_view name) const;
  /// The places whose pages hold all tokens up to this one, in order; none where some are missing.
  [[nodiscard]] std::optional<std::vector<std::string>> chainTo(std::string_view name) const;
  /// The places with a state, and all pages to it, that no other one goes on from.
  [[nodiscard]] std::vector<std::string> ends() const;
  /// Bytes that go if the state of `name` does: its own and those of pages that it alone needs.
  [[nodiscard]] int64_t bytesOf(std::string_view name) const;
  /// The places on the way to each end, itself among them, that are on the way to no other.
  [[nodiscard]] std::map<std::string, std::vector<std::string>> placesOfEnds() const;

  /// Deletes the state of a place, and the pages that it alone needed, but not those of `spared`.
  void removeState(const std::string& name, const Names& spared = {});
  /// Deletes the files of a place, whatever needs them.
  void removePlace(const std::string& name);
  /// The pages of a place alone.
  void removePages(const std::string& name);
  /// Deletes what nothing leads to and nobody has written to for an hour: another process may be
  /// about to write the state to such pages.
  void sweep();

 private:
  using Needs = std::map<std::string, int, std::less<>>;

  /// How many states need the pages of each place.
  [[nodiscard]] const Needs& needs() const;
  void forget(const std::string& name);

  std::filesystem::path path_;
  Places places_;
  mutable std::optional<Needs> needs_;  // until something goes
};

}  // namespace lectern
