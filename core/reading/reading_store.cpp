// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/reading/reading_store.h"

#include "core/base/file.h"
#include "core/engine/states_file.h"
#include "core/reading/reading_folder.h"
#include "core/reading/reading_room.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

namespace lectern {

namespace fs = std::filesystem;

namespace {

constexpr size_t kModelDigits = 32;

std::string sizeOf(int64_t bytes) {
  constexpr double kGigabyte = 1e9;
  return fmt::format("{:.3g} GB", static_cast<double>(bytes) / kGigabyte);
}

// The folders of all models. What else stands there, and a folder that cannot be looked through, is
// left alone.
Result<std::vector<ReadingFolder>> lookAll(const fs::path& folder) {
  std::vector<ReadingFolder> all;
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  if (failed == std::errc::no_such_file_or_directory) return all;
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (name.size() != kModelDigits ||
        name.find_first_not_of("0123456789abcdef") != std::string::npos) {
      continue;
    }
    if (auto one = ReadingFolder::look(entry->path())) all.push_back(std::move(*one));
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
    if (ReadingFolder::nameOf(prefix) == name && folder.chainTo(name)) names.push_back(name);
  }
  return names;
}

// Deletes what of a refused reading is damaged, and the state where nothing is: then it is of no
// use either. What could not be opened may be sound, or gone already. Says whether anything was.
bool removeDamaged(ReadingFolder& folder, const std::string& name) {
  using enum StatesFileCondition;
  const std::vector<std::string> chain = folder.chainTo(name).value_or(std::vector<std::string>{});
  const ReadingFolder::Names spared(chain.begin(), chain.end());
  const StatesFileCondition state = checkStatesFile(folder.statePath(name));
  bool isSound = state == Sound;
  if (state == Damaged) folder.removeState(name, spared);
  bool removed = state == Damaged;
  for (const std::string& place : chain) {
    const StatesFileCondition pages = checkStatesFile(folder.pagesPath(place));
    isSound = isSound && pages == Sound;
    if (pages != Damaged) continue;
    folder.removePages(place);
    removed = true;
  }
  if (isSound) folder.removeState(name, spared);
  return removed || isSound;
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
    const auto chain = folder.chainTo(name);
    if (!chain) continue;  // it lost a piece with a longer one
    SavedStates saved{folder.statePath(name), {}};
    for (const std::string& place : *chain) saved.pages.push_back(folder.pagesPath(place));
    Result<States> states = engine.restore(saved, stop);
    if (states) {
      std::error_code ignored;  // it is used all the same
      fs::last_write_time(saved.state, fs::file_time_type::clock::now(), ignored);
      taken.note = folder.places().find(name)->second.note.value_or(ReadingNote{});
      taken.states = std::move(*states);
    } else if (states.error().code != ErrorCode::InputRefused) {
      return states.error();
    } else if (removeDamaged(folder, name)) {
      taken.problems.push_back(states.error().message);
    }
  }
  return taken;
}

Result<void> ReadingStore::makeRoom(ReadingRoom& room, int64_t bytes) const {
  std::error_code unknown;
  const fs::space_info volume = fs::space(folder_, unknown);
  const int64_t overLimit = room.bytes() + bytes - limits_.maxBytes;
  const int64_t overVolume =
      unknown ? 0 : bytes + limits_.leastFreeBytes - static_cast<int64_t>(volume.available);
  const int64_t over = std::max(overLimit, overVolume);
  if (over > room.bytesThatMayGo()) {
    return Error{
        ErrorCode::DoesNotFit,
        overLimit >= overVolume
            ? fmt::format("Readings may take {} of the disk (the setting readings.gigabytes), "
                          "and this one takes more.",
                          sizeOf(limits_.maxBytes))
            : fmt::format("The disk of {} is nearly full. Make room there.", folder_.string())};
  }
  for (int64_t freed = 0; freed < over;) {
    const int64_t more = room.removeLeast();
    if (more == 0) break;
    freed += more;
  }
  return {};
}

Result<void> ReadingStore::keep(const Engine& engine,
                                const States& states,
                                const TokenPrefix& before,
                                const ReadingNote& note,
                                const std::stop_token& stop) const {
  const fs::path path = folderOf(engine);
  for (const fs::path& made : {folder_, path}) {
    std::error_code failed;
    // What was read is nobody else's business.
    if (fs::create_directories(made, failed)) fs::permissions(made, fs::perms::owner_all, failed);
    if (failed) {
      return Error{ErrorCode::Storage,
                   fmt::format("{} cannot be made: {}.", made.string(), failed.message())};
    }
  }
  std::vector<ReadingFolder> folders = TRY(lookAll(folder_));
  for (ReadingFolder& one : folders) one.sweep();
  const auto folder =
      std::ranges::find_if(folders, [&](const auto& one) { return one.path() == path; });
  if (folder == folders.end()) {
    return Error{ErrorCode::Storage, fmt::format("{} cannot be looked through.", path.string())};
  }
  const std::string name = ReadingFolder::nameOf(states.prefix());
  const auto there = folder->places().find(name);
  if (there != folder->places().end() && there->second.stateBytes > 0 && folder->chainTo(name)) {
    return {};
  }

  // The keys and values may be there already, of a state that had to go; or what they would go on
  // from is gone.
  ReadingInUse inUse{&*folder, {}, name};
  auto chain = folder->chainTo(name);
  const bool hasPages = chain.has_value();
  TokenPrefix from = before;
  if (!hasPages && from.tokens > 0) {
    inUse.last = ReadingFolder::nameOf(before);
    chain = folder->chainTo(inUse.last);
    if (!chain) from = {};
  }
  if (chain) inUse.places.insert(chain->begin(), chain->end());
  ReadingRoom room(folders, inUse);
  TRY(makeRoom(room, (hasPages ? 0 : states.pageBytesFrom(from.tokens)) + states.fixedBytes()));
  if (!hasPages) {
    TRY(states.savePages(folder->pagesPath(name), engine.modelHash(), from, stop));
  }
  return states.saveState(folder->statePath(name), engine.modelHash(), encodeReadingNote(note));
}

Result<std::vector<KeptReading>> ReadingStore::list() const {
  std::vector<KeptReading> list;
  for (const ReadingFolder& folder : TRY(lookAll(folder_))) {
    const auto& places = folder.places();
    for (const auto& [end, own] : folder.placesOfEnds()) {
      const ReadingFolder::Place& place = places.find(end)->second;
      KeptReading reading{idOf(folder, end), place.note.value_or(ReadingNote{}), place.tokens, 0,
                          0};
      for (const std::string& name : own) {
        const ReadingFolder::Place& one = places.find(name)->second;
        reading.bytes += one.stateBytes + one.pageBytes;
      }
      const auto chain = folder.chainTo(end).value_or(std::vector<std::string>{});
      for (const std::string& name : chain) {
        reading.lastUsedMs = std::max(reading.lastUsedMs, places.find(name)->second.lastUsedMs);
      }
      list.push_back(std::move(reading));
    }
  }
  std::ranges::sort(list, std::greater(), &KeptReading::lastUsedMs);
  return list;
}

Result<int64_t> ReadingStore::bytes() const {
  int64_t bytes = 0;
  for (const ReadingFolder& folder : TRY(lookAll(folder_))) bytes += folder.bytes();
  return bytes;
}

Result<void> ReadingStore::remove(std::string_view id) const {
  for (ReadingFolder& folder : TRY(lookAll(folder_))) {
    for (const auto& [end, own] : folder.placesOfEnds()) {
      if (idOf(folder, end) != id) continue;
      for (const std::string& name : own) folder.removePlace(name);
      return {};
    }
  }
  return Error{ErrorCode::NotFound, fmt::format("There is no saved reading {}.", id)};
}

Result<void> ReadingStore::removeAll() const {
  for (ReadingFolder& folder : TRY(lookAll(folder_))) {
    std::error_code failed;
    fs::remove_all(folder.path(), failed);
    if (failed) {
      return Error{ErrorCode::Storage, fmt::format("{} cannot be deleted: {}.",
                                                   folder.path().string(), failed.message())};
    }
  }
  return {};
}

Result<std::vector<std::string>> ReadingStore::removeUnusedSince(int64_t unixMs) const {
  return removeWhere([unixMs](const ReadingFolder::Place& place) -> Result<bool> {
    return place.lastUsedMs < unixMs;
  });
}

Result<std::vector<std::string>> ReadingStore::removeUnless(
    const std::function<Result<bool>(const Sha256&)>& isWanted) const {
  std::map<Sha256, bool> wanted;
  return removeWhere([&](const ReadingFolder::Place& place) -> Result<bool> {
    if (!place.note) return false;  // it is not known what it read, and room is made with it first
    for (const Sha256& document : place.note->documents) {
      const auto [known, isNew] = wanted.try_emplace(document, true);
      if (isNew) known->second = TRY(isWanted(document));
      if (!known->second) return true;
    }
    return false;
  });
}

Result<std::vector<std::string>> ReadingStore::removeWhere(
    const std::function<Result<bool>(const ReadingFolder::Place&)>& isGoing) const {
  std::vector<std::string> removed;
  for (ReadingFolder& folder : TRY(lookAll(folder_))) {
    const std::vector<std::string> ends = folder.ends();
    std::vector<std::string> going;
    for (const auto& [name, place] : folder.places()) {
      if (place.stateBytes > 0 && TRY(isGoing(place))) going.push_back(name);
    }
    for (const std::string& name : going) {
      if (std::ranges::binary_search(ends, name)) removed.push_back(idOf(folder, name));
      folder.removeState(name);
    }
    folder.sweep();
  }
  return removed;
}

}  // namespace lectern
