// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/reading/reading_room.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace lectern {

namespace {

constexpr double kMsAnHour = 3.6e6;

// What is lost with a state is the way from the last one before it.
double savedMs(const ReadingFolder& folder,
               const std::string& name,
               const std::vector<std::string>& chain) {
  const auto& places = folder.places();
  int64_t before = 0;
  for (const std::string& place : chain) {
    const auto found = places.find(place);
    if (place != name && found->second.stateBytes > 0) before = found->second.readMs();
  }
  return static_cast<double>(std::max<int64_t>(0, places.find(name)->second.readMs() - before));
}

}  // namespace

struct ReadingRoom::Candidate {
  ReadingFolder* folder = nullptr;
  std::string name;
  // The least goes first.
  bool isOfUse = false;
  bool isDestination = false;  // not only on the way through a document
  double worth = 0;

  [[nodiscard]] auto rank() const { return std::tuple(isOfUse, isDestination, worth); }
};

int64_t ReadingRoom::bytes() const {
  int64_t bytes = 0;
  for (const ReadingFolder& folder : folders_) bytes += folder.bytes();
  return bytes;
}

bool ReadingRoom::mayGo(const ReadingFolder& folder, const std::string& name) const {
  const ReadingFolder::Place& place = folder.places().find(name)->second;
  if (place.stateBytes == 0) return false;
  if (&folder != inUse_.folder || !inUse_.places.contains(name)) return true;
  return name != inUse_.last && place.note && place.note->inDocument;
}

int64_t ReadingRoom::bytesThatMayGo() const {
  int64_t bytes = 0;
  for (const ReadingFolder& folder : folders_) {
    ReadingFolder::Names pages;
    for (const auto& [name, place] : folder.places()) {
      if (!mayGo(folder, name)) continue;
      bytes += place.stateBytes;
      for (const std::string& needed : folder.chainTo(name).value_or(std::vector<std::string>{})) {
        if (&folder != inUse_.folder || !inUse_.places.contains(needed)) pages.insert(needed);
      }
    }
    for (const std::string& name : pages) bytes += folder.places().find(name)->second.pageBytes;
  }
  return bytes;
}

std::optional<ReadingRoom::Candidate> ReadingRoom::least() const {
  std::optional<Candidate> least;
  const int64_t now = ReadingFolder::nowMs();
  for (ReadingFolder& folder : folders_) {
    const std::vector<std::string> ends = folder.ends();
    for (const auto& [name, place] : folder.places()) {
      if (!mayGo(folder, name)) continue;
      const auto chain = folder.chainTo(name);
      const bool isEnd = std::ranges::binary_search(ends, name) &&
                         (&folder != inUse_.folder || !inUse_.places.contains(name));
      const double hours =
          static_cast<double>(std::max<int64_t>(0, now - place.lastUsedMs)) / kMsAnHour + 1;
      const auto bytes = static_cast<double>(std::max<int64_t>(1, folder.bytesOf(name)));
      Candidate one{&folder, name, chain && place.note,
                    isEnd || !place.note || !place.note->inDocument,
                    chain ? savedMs(folder, name, *chain) / bytes / hours : 0};
      if (!least || one.rank() < least->rank()) least = std::move(one);
    }
  }
  return least;
}

int64_t ReadingRoom::removeLeast() {
  const std::optional<Candidate> going = least();
  if (!going) return 0;
  const int64_t before = going->folder->bytes();
  going->folder->removeState(
      going->name, going->folder == inUse_.folder ? inUse_.places : ReadingFolder::Names{});
  return before - going->folder->bytes();
}

}  // namespace lectern
