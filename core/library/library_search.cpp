// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/utf8.h"
#include "core/library/library_impl.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace lectern {

namespace {

std::string matchAny(const std::vector<std::string>& words) {
  std::string query;
  for (const std::string& word : words) {
    query += (query.empty() ? "" : " OR ") + ftsString(utf8::repaired(word));
  }
  return query;
}

struct Hit {
  int64_t row = 0;
  double bm25 = 0;
};

// `score` is the ranking expression. The scope is a condition on the row's number, so that rows of
// other revisions are neither ranked nor read; its range lets FTS5 leap over them.
Result<std::vector<Hit>> search(Database& database,
                                std::string_view table,
                                std::string_view score,
                                const std::vector<std::string>& words,
                                const std::vector<RevisionId>& scope,
                                int limit) {
  std::vector<Hit> hits;
  if (words.empty() || scope.empty() || limit <= 0) return hits;
  const auto [first, last] = std::ranges::minmax(scope);
  std::vector<int64_t> ids;
  ids.reserve(scope.size());
  for (const RevisionId id : scope) ids.push_back(static_cast<int64_t>(id));
  const std::string query = matchAny(words);
  const std::string scopeJson = fmt::format("[{}]", fmt::join(ids, ","));
  Statement rows = TRY(database.prepare(
      fmt::format("SELECT rowid, {1} AS score FROM {0} WHERE {0} MATCH ?1"
                  "   AND rowid BETWEEN ?2 AND ?3"
                  "   AND (rowid >> 32) IN (SELECT id FROM revision WHERE removed_at_ms IS NULL"
                  "                            AND id IN (SELECT value FROM json_each(?4)))"
                  " ORDER BY score, rowid LIMIT ?5",
                  table, score)));
  rows.bind(query, rowId(first, 0), lastRowId(last), scopeJson, limit);
  // FTS5 gives better rows the smaller number.
  while (TRY(rows.step())) hits.push_back({rows.integer(0), -rows.real(1)});
  return hits;
}

}  // namespace

std::string ftsString(std::string_view word) {
  std::string quoted = "\"";
  for (const char c : word) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

Result<void> indexRevision(Database& database, RevisionId revision) {
  TRY(
      database.run("INSERT INTO segment_fts(rowid, text)"
                   " SELECT id, text FROM segment_text WHERE id BETWEEN ?1 AND ?2",
                   rowId(revision, 0), lastRowId(revision)));
  return database.run(
      "INSERT INTO passage_fts(rowid, header, body)"
      " SELECT id, header, body FROM passage_text WHERE id BETWEEN ?1 AND ?2",
      rowId(revision, 0), lastRowId(revision));
}

// FTS5 keeps no texts: it must be told what it had indexed.
Result<void> unindexRevision(Database& database, RevisionId revision) {
  TRY(
      database.run("INSERT INTO segment_fts(segment_fts, rowid, text)"
                   " SELECT 'delete', id, text FROM segment_text WHERE id BETWEEN ?1 AND ?2",
                   rowId(revision, 0), lastRowId(revision)));
  return database.run(
      "INSERT INTO passage_fts(passage_fts, rowid, header, body)"
      " SELECT 'delete', id, header, body FROM passage_text WHERE id BETWEEN ?1 AND ?2",
      rowId(revision, 0), lastRowId(revision));
}

Result<std::vector<SegmentHit>> Library::searchSegments(const std::vector<std::string>& words,
                                                        const std::vector<RevisionId>& scope,
                                                        int limit) {
  Database& database = impl_->database;
  Statement row = TRY(database.prepare(fmt::format("{} WHERE id = ?1", kSegmentColumns)));
  std::vector<SegmentHit> found;
  for (const Hit& hit :
       TRY(search(database, "segment_fts", "bm25(segment_fts)", words, scope, limit))) {
    if (TRY(row.bind(hit.row).step())) found.push_back({segmentOf(row), hit.bm25});
  }
  return found;
}

// A word in the header says what the whole section is about: it counts twice.
Result<std::vector<PassageHit>> Library::searchPassages(const std::vector<std::string>& words,
                                                        const std::vector<RevisionId>& scope,
                                                        int limit) {
  Database& database = impl_->database;
  Statement row = TRY(
      database.prepare("SELECT first_segment, last_segment, header FROM passage WHERE id = ?1"));
  std::vector<PassageHit> found;
  for (const Hit& hit :
       TRY(search(database, "passage_fts", "bm25(passage_fts, 2.0, 1.0)", words, scope, limit))) {
    if (!TRY(row.bind(hit.row).step())) continue;
    found.push_back(
        {revisionOfRow(hit.row), {row.number(0), row.number(1), row.string(2)}, hit.bm25});
  }
  return found;
}

Result<int64_t> Library::segmentFrequency(std::string_view foldedWord) {
  return TRY(impl_->database.integer("SELECT doc FROM segment_word WHERE term = ?1", foldedWord))
      .value_or(0);
}

Result<int64_t> Library::totalSegments() {
  return TRY(impl_->database.integer("SELECT sum(indexed_segments) FROM revision")).value_or(0);
}

}  // namespace lectern
