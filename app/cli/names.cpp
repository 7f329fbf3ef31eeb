// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace lectern::cli {

namespace {

std::optional<int64_t> numberAfter(char letter, std::string_view name) {
  if (name.size() < 2 || name.front() != letter) return std::nullopt;
  name.remove_prefix(1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size() || number <= 0) return std::nullopt;
  return number;
}

}  // namespace

std::string nameOf(RevisionId id) {
  return fmt::format("d{}", static_cast<int64_t>(id));
}

std::string nameOf(CitationId id) {
  return fmt::format("c{}", static_cast<int64_t>(id));
}

std::string nameOf(ConversationId id) {
  return fmt::format("t{}", static_cast<int64_t>(id));
}

std::optional<RevisionId> revisionNamed(std::string_view name) {
  const auto number = numberAfter('d', name);
  return number ? std::optional(RevisionId{*number}) : std::nullopt;
}

Result<CitationId> citationNamed(std::string_view name) {
  if (const auto number = numberAfter('c', name)) return CitationId{*number};
  return Error{ErrorCode::Usage,
               fmt::format("{} is not a citation. Citations are named c1, c2 and so on; ask prints "
                           "them below its answers.",
                           name)};
}

Result<ConversationId> conversationNamed(std::string_view name) {
  if (const auto number = numberAfter('t', name)) return ConversationId{*number};
  return Error{ErrorCode::Usage,
               fmt::format("{} is not a conversation. Conversations are named t1, t2 and so on; "
                           "conversations list shows them.",
                           name)};
}

std::string pageName(int number, std::string_view label) {
  if (label.empty() || label == std::to_string(number)) return fmt::format("page {}", number);
  return fmt::format("page {} ({})", number, label);
}

Result<ShelfInfo> findShelf(Library& library, std::string_view name) {
  std::string others;
  for (ShelfInfo& shelf : TRY(library.shelves())) {
    if (shelf.name == name) return std::move(shelf);
    others += (others.empty() ? "" : ", ") + shelf.name;
  }
  return Error{ErrorCode::NotFound,
               others.empty()
                   ? fmt::format("There is no shelf {}. Make one with add --shelf.", name)
                   : fmt::format("There is no shelf {}. There are: {}.", name, others)};
}

Result<RevisionId> findDocument(Library& library, std::string_view nameOrPath) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const std::vector<RevisionInfo> documents = TRY(library.revisions());
  const fs::path location = fs::weakly_canonical(fs::path(nameOrPath), failed);
  for (const RevisionInfo& info : documents) {
    if (std::ranges::find(info.locations, location) != info.locations.end()) return info.id;
  }
  if (const auto id = revisionNamed(nameOrPath)) {
    if (std::ranges::any_of(documents, [&](const RevisionInfo& info) { return info.id == *id; })) {
      return *id;
    }
  }
  return Error{ErrorCode::NotFound,
               fmt::format("{} is not in the library. Look at the names with list.", nameOrPath)};
}

}  // namespace lectern::cli
