// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/reading/reading_folder.h"

#include "core/engine/states_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

namespace lectern {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kStateEnding = ".state";
constexpr std::string_view kPagesEnding = ".pages";
constexpr std::string_view kTemporaryEnding = ".tmp";
constexpr size_t kTokenDigits = 9;
constexpr size_t kHashDigits = 32;
constexpr int64_t kHourMs = 3'600'000;

int64_t modifiedMs(const fs::path& path) {
  std::error_code failed;
  const fs::file_time_type time = fs::last_write_time(path, failed);
  if (failed) return 0;
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::file_clock::to_sys(time).time_since_epoch())
      .count();
}

// The tokens that a place's name tells, if it is one.
std::optional<int64_t> tokensOf(std::string_view name) {
  if (name.size() != kTokenDigits + 1 + kHashDigits || name[kTokenDigits] != '-') return {};
  if (name.find_first_not_of("0123456789abcdef", kTokenDigits + 1) != std::string_view::npos) {
    return {};
  }
  int64_t tokens = 0;
  const std::string_view digits = name.substr(0, kTokenDigits);
  const char* end = std::to_address(digits.end());
  const auto [at, failed] = std::from_chars(std::to_address(digits.begin()), end, tokens);
  if (failed != std::errc() || at != end) return {};
  return tokens;
}

void removeFile(const fs::path& path) {
  std::error_code ignored;  // another process was faster, or it is there still the next time
  fs::remove(path, ignored);
}

}  // namespace

int64_t ReadingFolder::nowMs() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             system_clock::now().time_since_epoch())
      .count();
}

std::string ReadingFolder::nameOf(const TokenPrefix& prefix) {
  return fmt::format("{:0{}}-{}", prefix.tokens, kTokenDigits,
                     toHex(prefix.hash).substr(0, kHashDigits));
}

fs::path ReadingFolder::statePath(std::string_view name) const {
  return path_ / fmt::format("{}{}", name, kStateEnding);
}

fs::path ReadingFolder::pagesPath(std::string_view name) const {
  return path_ / fmt::format("{}{}", name, kPagesEnding);
}

Result<ReadingFolder> ReadingFolder::look(const fs::path& folder) {
  ReadingFolder result;
  result.path_ = folder;
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  if (failed == std::errc::no_such_file_or_directory) return result;
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    const fs::path& file = entry->path();
    const std::string name = file.stem().string();
    const bool isState = file.extension() == kStateEnding;
    const std::optional<int64_t> tokens = tokensOf(name);
    if (!tokens || (!isState && file.extension() != kPagesEnding)) continue;
    std::error_code gone;
    const auto bytes = static_cast<int64_t>(fs::file_size(file, gone));
    if (gone) continue;
    // What cannot be made out takes room, and is found when it is used.
    const Result<StatesFileHeader> header = readStatesFileHeader(file);
    if (header && nameOf(header->upTo) != name) continue;
    Place& place = result.places_[name];
    place.tokens = *tokens;
    if (isState) {
      place.stateBytes = bytes;
      place.lastUsedMs = modifiedMs(file);
      if (header) place.note = decodeReadingNote(header->note);
    } else {
      place.pageBytes = bytes;
      place.pagesWrittenMs = modifiedMs(file);
      if (header && header->from.tokens > 0) place.before = nameOf(header->from);
    }
  }
  if (failed) {
    return Error{ErrorCode::Storage, fmt::format("The saved readings in {} cannot be listed: {}.",
                                                 folder.string(), failed.message())};
  }
  return result;
}

int64_t ReadingFolder::bytes() const {
  int64_t bytes = 0;
  for (const auto& [name, place] : places_) bytes += place.stateBytes + place.pageBytes;
  return bytes;
}

std::optional<std::vector<std::string>> ReadingFolder::chainTo(std::string_view name) const {
  std::vector<std::string> chain;
  for (std::string next(name); !next.empty();) {
    const auto found = places_.find(next);
    if (found == places_.end() || found->second.pageBytes == 0) return {};
    // Tokens must become fewer, whatever the files say.
    if (!chain.empty() && found->second.tokens >= places_.find(chain.back())->second.tokens) {
      return {};
    }
    chain.push_back(next);
    next = found->second.before;
  }
  std::ranges::reverse(chain);
  return chain;
}

const ReadingFolder::Needs& ReadingFolder::needs() const {
  if (needs_) return *needs_;
  needs_.emplace();
  for (const auto& [name, place] : places_) {
    if (place.stateBytes == 0) continue;
    for (const std::string& needed : chainTo(name).value_or(std::vector<std::string>{})) {
      ++(*needs_)[needed];
    }
  }
  return *needs_;
}

std::vector<std::string> ReadingFolder::ends() const {
  std::vector<std::string> ends;
  for (const auto& [name, place] : places_) {
    const auto found = needs().find(name);
    if (place.stateBytes > 0 && found != needs().end() && found->second == 1) ends.push_back(name);
  }
  return ends;
}

int64_t ReadingFolder::bytesOf(std::string_view name) const {
  const auto found = places_.find(name);
  if (found == places_.end()) return 0;
  int64_t bytes = found->second.stateBytes;
  for (const std::string& needed : chainTo(name).value_or(std::vector<std::string>{})) {
    if (needs().find(needed)->second == 1) bytes += places_.find(needed)->second.pageBytes;
  }
  return bytes;
}

std::map<std::string, std::vector<std::string>> ReadingFolder::placesOfEnds() const {
  std::map<std::string, std::vector<std::string>> chains;
  std::map<std::string, int, std::less<>> ways;
  for (const std::string& end : ends()) {
    chains[end] = chainTo(end).value_or(std::vector<std::string>{});
    for (const std::string& place : chains[end]) ++ways[place];
  }
  for (auto& [end, chain] : chains) {
    std::erase_if(chain, [&ways](const std::string& place) { return ways[place] != 1; });
  }
  return chains;
}

void ReadingFolder::removeState(const std::string& name, const Names& spared) {
  const auto chain = chainTo(name).value_or(std::vector<std::string>{});
  removeFile(statePath(name));
  places_[name].stateBytes = 0;
  forget(name);
  for (const std::string& needed : chain) {
    if (!needs().contains(needed) && !spared.contains(needed)) removePages(needed);
  }
}

void ReadingFolder::removePages(const std::string& name) {
  removeFile(pagesPath(name));
  places_[name].pageBytes = 0;
  forget(name);
}

void ReadingFolder::removePlace(const std::string& name) {
  removeFile(statePath(name));
  removeFile(pagesPath(name));
  places_[name] = {};
  forget(name);
}

void ReadingFolder::forget(const std::string& name) {
  needs_.reset();
  const auto found = places_.find(name);
  if (found->second.stateBytes == 0 && found->second.pageBytes == 0) places_.erase(found);
}

void ReadingFolder::sweep() {
  const int64_t old = nowMs() - kHourMs;
  const Places before = places_;
  const Needs needed = needs();
  for (const auto& [name, place] : before) {
    if (needed.contains(name)) continue;
    const bool isOldState = place.stateBytes > 0 && place.lastUsedMs < old;
    if (place.pageBytes > 0 && place.pagesWrittenMs < old) removePages(name);
    if (isOldState) removeState(name);
  }
  std::error_code failed;
  for (fs::directory_iterator entry(path_, failed); !failed && entry != fs::directory_iterator();
       entry.increment(failed)) {
    const fs::path& file = entry->path();
    if (file.extension() == kTemporaryEnding && modifiedMs(file) < old) removeFile(file);
  }
}

}  // namespace lectern
