// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/sha256.h"
#include "core/library/backup.h"
#include "core/library/library_impl.h"

#include <fmt/format.h>

namespace lectern {

namespace {

using Problems = std::vector<std::string>;

Result<void> checkStructure(Database& database, Problems& problems) {
  Statement integrity = TRY(database.prepare("PRAGMA integrity_check"));
  while (TRY(integrity.step())) {
    if (integrity.bytes(0) != "ok") problems.push_back(integrity.string(0));
  }
  Statement keys = TRY(database.prepare("PRAGMA foreign_key_check"));
  while (TRY(keys.step())) {
    problems.push_back(fmt::format("A row of {} names a row of {} that is not there.",
                                   keys.bytes(0), keys.bytes(2)));
  }
  return {};
}

// FTS5 compares its index with the texts it was made from. Its command is an INSERT, which a reader
// may not run: then it runs on a copy.
Result<void> checkIndex(Database& database, Library::OpenMode mode, Problems& problems) {
  if (mode == Library::OpenMode::Read) {
    Database copy = TRY(Database::temporary());
    TRY(copyDatabase(database, copy));
    return checkIndex(copy, Library::OpenMode::ReadWrite, problems);
  }
  for (const std::string_view table :
       {"segment_fts", "passage_fts", "message_fts", "conversation_fts"}) {
    const Result<void> checked = database.execute(
        fmt::format("INSERT INTO {0}({0}, rank) VALUES('integrity-check', 1)", table));
    if (!checked) {
      problems.push_back(fmt::format("The index {} does not agree with the texts.", table));
    }
  }
  return {};
}

// The pages follow one another, can be read, and together have the sum that sealing stored.
Result<void> checkText(Database& database, int64_t revision, Problems& problems) {
  Statement pages = TRY(
      database.prepare("SELECT number, byte_start, text, blocks, runs FROM page WHERE revision = ?1"
                       " ORDER BY number"));
  pages.bind(revision);
  Sha256Hasher hasher;
  int64_t end = 0;
  for (int expected = 1; TRY(pages.step()); ++expected) {
    const std::string_view text = pages.bytes(2);
    const auto bytes = static_cast<int64_t>(text.size());
    if (pages.number(0) != expected || pages.integer(1) != end) {
      problems.push_back(fmt::format("Page {} of revision {} does not follow page {}.",
                                     pages.number(0), revision, expected - 1));
    }
    if (!decodeBlocks(pages.bytes(3), bytes) || !decodeRuns(pages.bytes(4), bytes)) {
      problems.push_back(fmt::format("The layout of page {} of revision {} cannot be read.",
                                     pages.number(0), revision));
    }
    end += bytes;
    hasher.update(text);
  }
  Statement sum =
      TRY(database.prepare("SELECT text_sha256 FROM revision WHERE id = ?1 AND state = 'sealed'"));
  if (TRY(sum.bind(revision).step()) && sumOf(sum, 0) != hasher.finish()) {
    problems.push_back(
        fmt::format("The text of revision {} is not the one that was stored.", revision));
  }
  return {};
}

}  // namespace

Result<DatabaseReport> Library::checkDatabase() {
  Database& database = impl_->database;
  DatabaseReport report;
  TRY(checkStructure(database, report.problems));
  // The contents of a broken file prove nothing.
  if (!report.problems.empty()) return report;
  TRY(checkIndex(database, impl_->mode, report.problems));
  Statement revisions = TRY(database.prepare("SELECT id FROM revision ORDER BY id"));
  while (TRY(revisions.step())) {
    TRY(checkText(database, revisions.integer(0), report.problems));
  }
  return report;
}

}  // namespace lectern
