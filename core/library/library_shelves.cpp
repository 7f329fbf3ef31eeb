// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/library_impl.h"

#include <fmt/format.h>

namespace lectern {

namespace {

Result<void> requireShelf(Database& database, int64_t id) {
  if (TRY(database.integer("SELECT 1 FROM shelf WHERE id = ?1", id))) return {};
  return notFound("shelf", id);
}

}  // namespace

Result<ShelfId> Library::shelf(std::string_view name) {
  Database& database = impl_->database;
  constexpr std::string_view kFind = "SELECT id FROM shelf WHERE name = ?1";
  if (const auto known = TRY(database.integer(kFind, name))) return ShelfId{*known};
  TRY(impl_->requireWriting());
  TRY(database.run("INSERT INTO shelf(name, created_at_ms) VALUES(?1, ?2)", name, nowMs()));
  return ShelfId{database.lastInsertedId()};
}

Result<std::vector<ShelfInfo>> Library::shelves() {
  Statement rows = TRY(impl_->database.prepare(
      "SELECT shelf.id, name, revision FROM shelf LEFT JOIN shelf_item ON shelf = shelf.id"
      " ORDER BY name, shelf.id, position"));
  std::vector<ShelfInfo> shelves;
  while (TRY(rows.step())) {
    const ShelfId id{rows.integer(0)};
    if (shelves.empty() || shelves.back().id != id) shelves.push_back({id, rows.string(1), {}});
    if (!rows.isNull(2)) shelves.back().revisions.push_back(RevisionId{rows.integer(2)});
  }
  return shelves;
}

Result<void> Library::setShelf(ShelfId shelf, const std::vector<RevisionId>& revisions) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(shelf);
  Transaction transaction = TRY(Transaction::begin(database));
  TRY(requireShelf(database, id));
  TRY(database.run("DELETE FROM shelf_item WHERE shelf = ?1", id));
  for (size_t i = 0; i < revisions.size(); ++i) {
    const auto revision = static_cast<int64_t>(revisions[i]);
    if (!TRY(database.integer("SELECT 1 FROM revision WHERE id = ?1 AND removed_at_ms IS NULL",
                              revision))) {
      return notFound("revision", revision);
    }
    // A document named twice is read once, at its first place.
    TRY(database.run(
        "INSERT OR IGNORE INTO shelf_item(shelf, position, revision) VALUES(?1, ?2, ?3)", id,
        static_cast<int64_t>(i), revision));
  }
  return transaction.commit();
}

Result<void> Library::renameShelf(ShelfId shelf, std::string_view name) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(shelf);
  if (name.empty()) return Error{ErrorCode::Usage, "A shelf needs a name."};
  Transaction transaction = TRY(Transaction::begin(database));
  TRY(requireShelf(database, id));
  if (TRY(database.integer("SELECT 1 FROM shelf WHERE name = ?1 AND id <> ?2", name, id))) {
    return Error{ErrorCode::Usage,
                 fmt::format("There is a shelf {} already. Choose another name.", name)};
  }
  TRY(database.run("UPDATE shelf SET name = ?2 WHERE id = ?1", id, name));
  return transaction.commit();
}

Result<void> Library::removeShelf(ShelfId shelf) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(shelf);
  Transaction transaction = TRY(Transaction::begin(database));
  TRY(requireShelf(database, id));
  TRY(database.run("DELETE FROM shelf WHERE id = ?1", id));
  return transaction.commit();
}

}  // namespace lectern
