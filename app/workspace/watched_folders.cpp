// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/watched_folders.h"

#include "core/base/file.h"
#include "core/base/utf8.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <system_error>

namespace lectern {

namespace {

constexpr int64_t kMostBytes = 16 << 20;

std::filesystem::path fileIn(const std::filesystem::path& dataFolder) {
  return dataFolder / "watched.json";
}

bool contains(const std::vector<RevisionId>& revisions, RevisionId id) {
  return std::ranges::find(revisions, id) != revisions.end();
}

bool isWatched(const nlohmann::json& entry) {
  const auto isNumber = [](const nlohmann::json& value) { return value.is_number_integer(); };
  return entry.is_object() && entry.contains("shelf") && isNumber(entry["shelf"]) &&
         entry.contains("folder") && entry["folder"].is_string() && entry.contains("members") &&
         entry["members"].is_array() && std::ranges::all_of(entry["members"], isNumber);
}

}  // namespace

FolderNews newsOf(const WatchedFolder& watched,
                  const FileCount& count,
                  const std::vector<RevisionId>& onShelf) {
  FolderNews news;
  for (const CountedFile& file : count.files) {
    if (!file.known) {
      news.added.push_back(file);
      continue;
    }
    const bool wasThere = contains(watched.members, *file.known);
    if (!wasThere && !contains(onShelf, *file.known)) news.added.push_back(file);
    if (!contains(news.members, *file.known)) news.members.push_back(*file.known);
  }
  for (const RevisionId member : watched.members) {
    if (contains(news.members, member) || !contains(onShelf, member)) continue;
    news.gone.push_back(member);
  }
  news.members.insert(news.members.end(), news.gone.begin(), news.gone.end());
  return news;
}

Result<std::vector<WatchedFolder>> loadWatchedFolders(const std::filesystem::path& dataFolder) {
  std::vector<WatchedFolder> folders;
  const std::filesystem::path file = fileIn(dataFolder);
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return folders;
  const std::string text = TRY(readFile(file, kMostBytes));
  const nlohmann::json list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array() || !std::ranges::all_of(list, isWatched)) {
    return Error{ErrorCode::Storage,
                 fmt::format("Which folders the shelves follow cannot be read from {}. Choose the "
                             "folders again.",
                             file.string())};
  }
  for (const nlohmann::json& entry : list) {
    WatchedFolder& watched = folders.emplace_back();
    watched.shelf = ShelfId{entry["shelf"].get<int64_t>()};
    watched.folder = entry["folder"].get<std::string>();
    for (const nlohmann::json& id : entry["members"]) {
      watched.members.push_back(RevisionId{id.get<int64_t>()});
    }
  }
  return folders;
}

Result<void> saveWatchedFolders(const std::filesystem::path& dataFolder,
                                const std::vector<WatchedFolder>& folders) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const WatchedFolder& watched : folders) {
    if (!utf8::isValid(watched.folder.native())) {
      return Error{ErrorCode::Usage,
                   "A folder whose name is not UTF-8 cannot be followed. Rename it."};
    }
    nlohmann::ordered_json members = nlohmann::ordered_json::array();
    for (const RevisionId id : watched.members) members.push_back(static_cast<int64_t>(id));
    list.push_back({{"shelf", static_cast<int64_t>(watched.shelf)},
                    {"folder", watched.folder.native()},
                    {"members", std::move(members)}});
  }
  return writeFileAtomically(fileIn(dataFolder), list.dump(1) + '\n');
}

}  // namespace lectern
