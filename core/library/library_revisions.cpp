// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/library_impl.h"

#include <fmt/format.h>

#include <utility>

namespace lectern {

namespace {

constexpr std::string_view kInfoColumns =
    "SELECT revision.id, content.sha256, content.bytes, title, media_type, extractor, page_count,"
    "       state = 'sealed', removed_at_ms IS NOT NULL, segments, added_at_ms"
    "  FROM revision JOIN content ON content.id = revision.content ";

Result<void> readDetails(Database& database, RevisionInfo& info) {
  const auto id = static_cast<int64_t>(info.id);
  Statement outline = TRY(database.prepare(
      "SELECT level, title, page, top FROM outline WHERE revision = ?1 ORDER BY position"));
  outline.bind(id);
  while (TRY(outline.step())) {
    info.document.outline.push_back(
        {outline.number(0), outline.string(1), outline.number(2), outline.number(3)});
  }
  Statement notices =
      TRY(database.prepare("SELECT sentence FROM notice WHERE revision = ?1 ORDER BY position"));
  notices.bind(id);
  while (TRY(notices.step())) info.document.notices.push_back(notices.string(0));

  Statement locations =
      TRY(database.prepare("SELECT path FROM location WHERE revision = ?1 ORDER BY path"));
  locations.bind(id);
  while (TRY(locations.step())) info.locations.emplace_back(locations.string(0));

  Statement pages = TRY(database.prepare(
      "SELECT count(*), sum(state = 'skipped'), sum(state = 'image'), max(byte_end)"
      "  FROM page WHERE revision = ?1"));
  if (TRY(pages.bind(id).step())) {
    info.pagesStored = pages.number(0);
    info.pagesSkipped = pages.number(1);
    info.pagesImageOnly = pages.number(2);
    info.textBytes = pages.integer(3);
  }
  return {};
}

Result<RevisionInfo> infoOf(Database& database, const Statement& row) {
  RevisionInfo info;
  info.id = RevisionId{row.integer(0)};
  info.contentSha256 = sumOf(row, 1);
  info.contentBytes = row.integer(2);
  info.document.title = row.string(3);
  info.document.mediaType = row.string(4);
  info.document.extractor = row.string(5);
  info.document.pageCount = row.number(6);
  info.sealed = row.integer(7) != 0;
  info.removed = row.integer(8) != 0;
  info.segments = row.integer(9);
  info.addedAtMs = row.integer(10);
  TRY(readDetails(database, info));
  return info;
}

Result<void> insertInfo(Database& database, RevisionId revision, const DocumentInfo& info) {
  const auto id = static_cast<int64_t>(revision);
  Statement outline =
      TRY(database.prepare("INSERT INTO outline(revision, position, level, title, page, top)"
                           " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"));
  for (size_t i = 0; i < info.outline.size(); ++i) {
    const OutlineItem& item = info.outline[i];
    TRY(outline.bind(id, static_cast<int64_t>(i), item.level, item.title, item.page, item.top)
            .run());
  }
  Statement notice =
      TRY(database.prepare("INSERT INTO notice(revision, position, sentence) VALUES(?1, ?2, ?3)"));
  for (size_t i = 0; i < info.notices.size(); ++i) {
    TRY(notice.bind(id, static_cast<int64_t>(i), info.notices[i]).run());
  }
  return {};
}

}  // namespace

Result<RevisionId> Library::beginRevision(const Sha256& content,
                                          int64_t contentBytes,
                                          const DocumentInfo& info) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  Transaction transaction = TRY(Transaction::begin(database));
  if (const auto known = TRY(database.integer(
          "SELECT revision.id FROM revision JOIN content ON content.id = revision.content"
          " WHERE sha256 = ?1 AND extractor = ?2",
          blobOf(content), info.extractor))) {
    TRY(
        database.run("UPDATE revision SET removed_at_ms = NULL"
                     " WHERE id = ?1 AND removed_at_ms IS NOT NULL",
                     *known));
    TRY(transaction.commit());
    return RevisionId{*known};
  }
  TRY(database.run("INSERT OR IGNORE INTO content(sha256, bytes) VALUES(?1, ?2)", blobOf(content),
                   contentBytes));
  TRY(database.run(
      "INSERT INTO revision(content, extractor, media_type, title, page_count,"
      "                     added_at_ms)"
      " SELECT id, ?2, ?3, ?4, ?5, ?6 FROM content WHERE sha256 = ?1",
      blobOf(content), info.extractor, info.mediaType, info.title, info.pageCount, nowMs()));
  const RevisionId id{database.lastInsertedId()};
  TRY(insertInfo(database, id, info));
  TRY(transaction.commit());
  return id;
}

Result<void> Library::setLocation(const std::filesystem::path& path,
                                  const FileStamp& stamp,
                                  RevisionId revision) {
  TRY(impl_->requireWriting());
  const auto id = static_cast<int64_t>(revision);
  if (!TRY(impl_->database.integer("SELECT 1 FROM revision WHERE id = ?1", id))) {
    return notFound("revision", id);
  }
  return impl_->database.run(
      "INSERT OR REPLACE INTO location(path, revision, size_bytes, modified_ns, inode, seen_at_ms)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
      path.native(), id, stamp.sizeBytes, stamp.modifiedNs, static_cast<int64_t>(stamp.inode),
      nowMs());
}

Result<void> deleteRevision(Database& database, RevisionId revision) {
  const auto id = static_cast<int64_t>(revision);
  const int64_t first = rowId(revision, 0);
  const int64_t last = lastRowId(revision);
  const auto content = TRY(database.integer("SELECT content FROM revision WHERE id = ?1", id));
  TRY(unindexRevision(database, revision));
  TRY(database.run("DELETE FROM passage WHERE id BETWEEN ?1 AND ?2", first, last));
  TRY(database.run("DELETE FROM segment WHERE id BETWEEN ?1 AND ?2", first, last));
  TRY(database.run("DELETE FROM page WHERE id BETWEEN ?1 AND ?2", first, last));
  TRY(database.run("DELETE FROM revision WHERE id = ?1", id));
  return database.run(
      "DELETE FROM content WHERE id = ?1"
      " AND NOT EXISTS (SELECT 1 FROM revision WHERE content = ?1)",
      content);
}

Result<void> Library::removeRevision(RevisionId revision) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(revision);
  Transaction transaction = TRY(Transaction::begin(database));
  if (!TRY(
          database.integer("SELECT 1 FROM revision WHERE id = ?1 AND removed_at_ms IS NULL", id))) {
    return notFound("revision", id);
  }
  TRY(database.run("DELETE FROM shelf_item WHERE revision = ?1", id));
  TRY(database.run("DELETE FROM location WHERE revision = ?1", id));
  if (TRY(database.integer("SELECT 1 FROM citation WHERE page BETWEEN ?1 AND ?2 LIMIT 1",
                           rowId(revision, 0), lastRowId(revision)))) {
    TRY(database.run("UPDATE revision SET removed_at_ms = ?2 WHERE id = ?1", id, nowMs()));
  } else {
    TRY(deleteRevision(database, revision));
  }
  return transaction.commit();
}

Result<std::vector<RevisionInfo>> Library::revisions() {
  const std::string sql =
      fmt::format("{} WHERE removed_at_ms IS NULL ORDER BY revision.id", kInfoColumns);
  Statement rows = TRY(impl_->database.prepare(sql));
  std::vector<RevisionInfo> all;
  while (TRY(rows.step())) {
    RevisionInfo info = TRY(infoOf(impl_->database, rows));
    all.push_back(std::move(info));
  }
  return all;
}

Result<RevisionInfo> Library::revision(RevisionId revision) {
  const auto id = static_cast<int64_t>(revision);
  Statement row =
      TRY(impl_->database.prepare(fmt::format("{} WHERE revision.id = ?1", kInfoColumns)));
  if (!TRY(row.bind(id).step())) return notFound("revision", id);
  return infoOf(impl_->database, row);
}

Result<std::optional<RevisionId>> Library::findContent(const Sha256& content,
                                                       std::string_view extractor) {
  const auto id = TRY(impl_->database.integer(
      "SELECT revision.id FROM revision JOIN content ON content.id = revision.content"
      " WHERE sha256 = ?1 AND extractor = ?2 AND removed_at_ms IS NULL",
      blobOf(content), extractor));
  return id ? std::optional(RevisionId{*id}) : std::nullopt;
}

Result<std::optional<RevisionId>> Library::findLocation(const std::filesystem::path& path,
                                                        const FileStamp& stamp) {
  const auto id = TRY(impl_->database.integer(
      "SELECT revision FROM location"
      " WHERE path = ?1 AND size_bytes = ?2 AND modified_ns = ?3 AND inode = ?4",
      path.native(), stamp.sizeBytes, stamp.modifiedNs, static_cast<int64_t>(stamp.inode)));
  return id ? std::optional(RevisionId{*id}) : std::nullopt;
}

}  // namespace lectern
