// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/reading/reading_store.h"

#include "core/base/file.h"
#include "core/reading/reading_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

namespace lectern {

namespace fs = std::filesystem;

namespace {

constexpr size_t kModelDigits = 32;
constexpr double kMsAnHour = 3.6e6;

std::string sizeOf(int64_t bytes) {
  constexpr double kGigabyte = 1e9;
  return fmt::format("{:.3g} GB", static_cast<double>(bytes) / kGigabyte);
}

Result<std::vector<ReadingFolder>> lookAll(const fs::path& folder) {
  std::vector<ReadingFolder> all;
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  if (failed == std::errc::no_such_file_or_directory) return all;
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) all.push_back(TRY(ReadingFolder::look(entry->path())));
  }
  if (failed) {
    return Error{ErrorCode::Storage, fmt::format("The saved readings in {} cannot be listed: {}.",
                                                 folder.string(), failed.message())};
  }
  return all;
}

// Short enough to be typed: digits of the model's hash and of the tokens'.
std::string idOf(const ReadingFolder& folder, std::string_view name) {
  return folder.path().filename().string().substr(0, 4) + '-' +
         std::string(name.substr(name.find('-') + 1, 8));
}

int64_t bytesOf(const std::vector<ReadingFolder>& folders) {
  int64_t bytes = 0;
  for (const ReadingFolder& folder : folders) bytes += folder.bytes();
  return bytes;
}

// A state that might go.
struct Candidate {
  ReadingFolder* folder = nullptr;
  std::string name;
  bool isOnTheWay = false;  // within a document, and others go on from it
  double worth = 0;         // milliseconds that it saves, per byte and hour since it was used
};

// What is lost with a state is the way from the last one before it.
double savedMs(const ReadingFolder& folder, const std::string& name) {
  const auto& places = folder.places();
  int64_t before = 0;
  for (const std::string& place : folder.chainTo(name).value_or(std::vector<std::string>{})) {
    const auto found = places.find(place);
    if (place != name && found->second.stateBytes > 0) before = found->second.note.readMs;
  }
  return static_cast<double>(std::max<int64_t>(0, places.find(name)->second.note.readMs - before));
}

std::optional<Candidate> leastWorth(std::vector<ReadingFolder>& folders,
                                    const ReadingFolder* using_,
                                    const ReadingFolder::Names& inUse) {
  std::optional<Candidate> least;
  const int64_t now = ReadingFolder::nowMs();
  for (ReadingFolder& folder : folders) {
    const std::vector<std::string> ends = folder.ends();
    for (const auto& [name, place] : folder.places()) {
      const bool isInUse = &folder == using_ && inUse.contains(name);
      const bool isOnTheWay =
          place.note.inDocument && (isInUse || std::ranges::find(ends, name) == ends.end());
      if (place.stateBytes == 0 || (isInUse && !isOnTheWay)) continue;
      const double hours =
          static_cast<double>(std::max<int64_t>(0, now - place.lastUsedMs)) / kMsAnHour + 1;
      const auto bytes = static_cast<double>(std::max<int64_t>(1, folder.bytesOf(name)));
      Candidate one{&folder, name, isOnTheWay, savedMs(folder, name) / bytes / hours};
      const auto rank = [](const Candidate& c) { return std::pair(!c.isOnTheWay, c.worth); };
      if (!least || rank(one) < rank(*least)) least = std::move(one);
    }
  }
  return least;
}

// Beginnings of a sequence of tokens at the places that a folder has, longest last.
std::vector<std::string> beginningsOf(const ReadingFolder& folder,
                                      std::span<const int32_t> tokens,
                                      int64_t longerThan) {
  std::vector<std::string> names;
  TokenPrefix prefix;
  for (const auto& [name, place] : folder.places()) {
    if (place.stateBytes == 0 || place.tokens <= longerThan) continue;
    if (place.tokens > static_cast<int64_t>(tokens.size())) break;
    prefix.extend(tokens.subspan(static_cast<size_t>(prefix.tokens),
                                 static_cast<size_t>(place.tokens - prefix.tokens)));
    if (ReadingFolder::nameOf(prefix) == name) names.push_back(name);
  }
  return names;
}

}  // namespace

fs::path ReadingStore::folderOf(const Engine& engine) const {
  return folder_ / toHex(engine.modelHash()).substr(0, kModelDigits);
}

Result<ReadingStore::Taken> ReadingStore::take(const Engine& engine,
                                               std::span<const int32_t> tokens,
                                               int64_t longerThan,
                                               const std::stop_token& stop) const {
  Taken taken;
  ReadingFolder folder = TRY(ReadingFolder::look(folderOf(engine)));
  std::vector<std::string> names = beginningsOf(folder, tokens, longerThan);
  for (; !names.empty() && !taken.states; names.pop_back()) {
    const std::string& name = names.back();
    SavedStates saved{folder.statePath(name), {}};
    const auto chain = folder.chainTo(name);
    for (const std::string& place : chain.value_or(std::vector<std::string>{})) {
      saved.pages.push_back(folder.pagesPath(place));
    }
    Result<States> states = engine.restore(saved, stop);
    if (states) {
      std::error_code ignored;  // it is used all the same
      fs::last_write_time(saved.state, fs::file_time_type::clock::now(), ignored);
      taken.note = folder.places().find(name)->second.note;
      taken.states = std::move(*states);
    } else if (states.error().code == ErrorCode::InputRefused) {
      taken.problems.push_back(states.error().message);
      folder.removePlace(name);
    } else {
      return states.error();
    }
  }
  return taken;
}

Result<void> ReadingStore::makeRoom(std::vector<ReadingFolder>& folders,
                                    const ReadingFolder* using_,
                                    const std::set<std::string, std::less<>>& inUse,
                                    int64_t bytes) const {
  const auto overLimit = [&] { return bytesOf(folders) + bytes - limits_.maxBytes; };
  const auto overVolume = [&]() -> int64_t {
    std::error_code failed;
    const fs::space_info space = fs::space(folder_, failed);
    return failed ? 0 : bytes + limits_.leastFreeBytes - static_cast<int64_t>(space.available);
  };
  while (overLimit() > 0 || overVolume() > 0) {
    const std::optional<Candidate> least = leastWorth(folders, using_, inUse);
    if (!least) {
      return Error{
          ErrorCode::DoesNotFit,
          overLimit() > 0
              ? fmt::format("What was read is not kept whole: readings may take {} of the disk "
                            "(the setting readings.gigabytes), and it alone takes more.",
                            sizeOf(limits_.maxBytes))
              : fmt::format("What was read is not kept whole: the disk of {} is nearly full. Make "
                            "room there, so that it need not be read again the next time.",
                            folder_.string())};
    }
    least->folder->removeState(least->name,
                               least->folder == using_ ? inUse : ReadingFolder::Names{});
  }
  return {};
}

Result<void> ReadingStore::keep(const Engine& engine,
                                const States& states,
                                const TokenPrefix& before,
                                const ReadingNote& note,
                                const std::stop_token& stop) const {
  const fs::path path = folderOf(engine);
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) {
    return Error{ErrorCode::Storage, fmt::format("The reading is not kept: {} cannot be made: {}.",
                                                 path.string(), failed.message())};
  }
  fs::permissions(path, fs::perms::owner_all, failed);  // what was read is nobody else's business
  std::vector<ReadingFolder> folders = TRY(lookAll(folder_));
  const auto folder =
      std::ranges::find_if(folders, [&](const auto& one) { return one.path() == path; });
  if (folder == folders.end()) {
    return Error{ErrorCode::Storage,
                 fmt::format("The reading is not kept: {} is gone.", path.string())};
  }
  const std::string name = ReadingFolder::nameOf(states.prefix());
  const auto there = folder->places().find(name);
  if (there != folder->places().end() && there->second.stateBytes > 0 && folder->chainTo(name)) {
    return {};
  }

  // The keys and values may be there already, of a state that had to go; or what they would go on
  // from is gone.
  auto chain = folder->chainTo(name);
  const bool hasPages = chain.has_value();
  TokenPrefix from = before;
  if (!hasPages && from.tokens > 0) {
    chain = folder->chainTo(ReadingFolder::nameOf(before));
    if (!chain) from = {};
  }
  ReadingFolder::Names inUse;
  if (chain) inUse.insert(chain->begin(), chain->end());
  const int64_t pageBytes = hasPages ? 0 : states.pageBytesFrom(from.tokens);
  TRY(makeRoom(folders, &*folder, inUse, pageBytes + states.fixedBytes()));
  if (!hasPages) {
    TRY(states.savePages(folder->pagesPath(name), engine.modelHash(), from, stop));
  }
  return states.saveState(folder->statePath(name), engine.modelHash(), encodeReadingNote(note));
}

Result<std::vector<KeptReading>> ReadingStore::list() const {
  std::vector<KeptReading> list;
  for (const ReadingFolder& folder : TRY(lookAll(folder_))) {
    for (const std::string& name : folder.ends()) {
      const ReadingFolder::Place& place = folder.places().find(name)->second;
      list.push_back({idOf(folder, name), place.note, place.tokens, folder.bytesOfEnd(name),
                      place.lastUsedMs});
    }
  }
  std::ranges::sort(list, std::greater(), &KeptReading::lastUsedMs);
  return list;
}

Result<int64_t> ReadingStore::bytes() const {
  return bytesOf(TRY(lookAll(folder_)));
}

Result<void> ReadingStore::remove(std::string_view id) const {
  for (ReadingFolder& folder : TRY(lookAll(folder_))) {
    for (const std::string& name : folder.ends()) {
      if (idOf(folder, name) != id) continue;
      folder.removeEnd(name);
      return {};
    }
  }
  return Error{ErrorCode::NotFound, fmt::format("There is no saved reading {}.", id)};
}

Result<int64_t> ReadingStore::removeUnless(
    const std::function<Result<bool>(const Sha256&)>& isWanted) const {
  int64_t removed = 0;
  std::map<Sha256, bool> wanted;
  const auto isUnwanted = [&](const ReadingNote& note) -> Result<bool> {
    if (note.documents.empty()) return true;  // it was damaged
    for (const Sha256& document : note.documents) {
      const auto [known, isNew] = wanted.try_emplace(document, true);
      if (isNew) known->second = TRY(isWanted(document));
      if (!known->second) return true;
    }
    return false;
  };
  for (ReadingFolder& folder : TRY(lookAll(folder_))) {
    const std::vector<std::string> ends = folder.ends();
    std::vector<std::string> going;
    for (const auto& [name, place] : folder.places()) {
      if (place.stateBytes > 0 && TRY(isUnwanted(place.note))) going.push_back(name);
    }
    for (const std::string& name : going) {
      if (std::ranges::find(ends, name) != ends.end()) ++removed;
      folder.removeState(name);
    }
    folder.sweep();
  }
  return removed;
}

}  // namespace lectern
