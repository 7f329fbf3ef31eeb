// SPDX-License-Identifier: GPL-3.0-or-later
// Conversations as wholes: listed, renamed, deleted, found.
#include "core/base/utf8.h"
#include "core/library/library_impl.h"
#include "core/unicode/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace lectern {

namespace {

constexpr int kExcerptWords = 16;

// Messages are numbered from 0 and never go one by one: the last one's number tells how many there
// are, and `created_at_ms` is read of that one alone.
constexpr std::string_view kInfoColumns =
    "SELECT conversation.id, title, conversation.created_at_ms,"
    "       ifnull(last.created_at_ms, conversation.created_at_ms) AS used,"
    "       ifnull(last.number + 1, 0)"
    "  FROM conversation LEFT JOIN message AS last ON last.conversation = conversation.id"
    "   AND last.number = (SELECT max(number) FROM message"
    "                       WHERE message.conversation = conversation.id) ";

ConversationInfo infoOf(const Statement& row) {
  ConversationInfo info;
  info.id = ConversationId{row.integer(0)};
  info.title = row.string(1);
  info.createdAtMs = row.integer(2);
  info.lastUsedAtMs = row.integer(3);
  info.messages = row.number(4);
  return info;
}

Result<void> readScope(Statement& rows, ConversationInfo& info) {
  rows.bind(static_cast<int64_t>(info.id));
  while (TRY(rows.step())) info.scope.push_back(RevisionId{rows.integer(0)});
  return {};
}

constexpr std::string_view kScope =
    "SELECT revision FROM conversation_scope WHERE conversation = ?1 ORDER BY position";

// The words of a query, each as what FTS5 takes for all words that begin with it.
std::vector<std::string> prefixesOf(std::string_view query) {
  std::vector<std::string> prefixes;
  for (const unicode::Word& word : unicode::words(utf8::repaired(query))) {
    if (!word.part) prefixes.push_back(ftsString(word.folded) + " *");
  }
  return prefixes;
}

// In the order of their ids.
Result<std::vector<int64_t>> conversationsWith(Database& database, std::string_view prefix) {
  Statement rows = TRY(
      database.prepare("SELECT conversation FROM message"
                       " WHERE id IN (SELECT rowid FROM message_fts WHERE message_fts MATCH ?1)"
                       " UNION SELECT rowid FROM conversation_fts WHERE conversation_fts MATCH ?1"
                       " ORDER BY 1"));
  rows.bind(prefix);
  std::vector<int64_t> found;
  while (TRY(rows.step())) found.push_back(rows.integer(0));
  return found;
}

// By conversation the message in which most of it stands.
Result<std::map<int64_t, int64_t>> bestMessages(Database& database, std::string_view anyPrefix) {
  Statement rows =
      TRY(database.prepare("SELECT conversation, message.id FROM message_fts"
                           " JOIN message ON message.id = message_fts.rowid"
                           " WHERE message_fts MATCH ?1 ORDER BY bm25(message_fts), message.id"));
  rows.bind(anyPrefix);
  std::map<int64_t, int64_t> best;
  while (TRY(rows.step())) best.emplace(rows.integer(0), rows.integer(1));
  return best;
}

// FTS5 keeps no titles: it must be told what it had indexed.
Result<void> unindexTitle(Database& database, int64_t conversation) {
  if (!TRY(database.integer("SELECT 1 FROM conversation WHERE id = ?1", conversation))) {
    return notFound("conversation", conversation);
  }
  return database.run(
      "INSERT INTO conversation_fts(conversation_fts, rowid, title)"
      " SELECT 'delete', id, title FROM conversation WHERE id = ?1",
      conversation);
}

}  // namespace

Result<std::vector<ConversationInfo>> Library::conversations() {
  Database& database = impl_->database;
  Statement rows = TRY(
      database.prepare(fmt::format("{} ORDER BY used DESC, conversation.id DESC", kInfoColumns)));
  Statement scope = TRY(database.prepare(kScope));
  std::vector<ConversationInfo> all;
  while (TRY(rows.step())) {
    all.push_back(infoOf(rows));
    TRY(readScope(scope, all.back()));
  }
  return all;
}

Result<ConversationInfo> Library::conversation(ConversationId conversation) {
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(conversation);
  Statement row = TRY(database.prepare(fmt::format("{} WHERE conversation.id = ?1", kInfoColumns)));
  if (!TRY(row.bind(id).step())) return notFound("conversation", id);
  ConversationInfo info = infoOf(row);
  Statement scope = TRY(database.prepare(kScope));
  TRY(readScope(scope, info));
  return info;
}

Result<void> Library::renameConversation(ConversationId conversation, std::string_view title) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(conversation);
  if (title.empty()) return Error{ErrorCode::Usage, "A conversation needs a title."};
  Transaction transaction = TRY(Transaction::begin(database));
  TRY(unindexTitle(database, id));
  TRY(database.run("UPDATE conversation SET title = ?2 WHERE id = ?1", id, title));
  TRY(database.run("INSERT INTO conversation_fts(rowid, title) VALUES(?1, ?2)", id, title));
  return transaction.commit();
}

Result<void> Library::removeConversation(ConversationId conversation) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(conversation);
  Transaction transaction = TRY(Transaction::begin(database));
  TRY(unindexTitle(database, id));
  TRY(
      database.run("INSERT INTO message_fts(message_fts, rowid, text)"
                   " SELECT 'delete', id, text FROM message WHERE conversation = ?1",
                   id));
  TRY(database.run("DELETE FROM conversation WHERE id = ?1", id));
  std::vector<RevisionId> needless;
  {
    Statement rows = TRY(database.prepare(
        "SELECT id FROM revision WHERE removed_at_ms IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM citation"
        "   WHERE page BETWEEN (revision.id << 32) AND ((revision.id << 32) | 0xffffffff))"));
    while (TRY(rows.step())) needless.push_back(RevisionId{rows.integer(0)});
  }
  for (const RevisionId revision : needless) TRY(deleteRevision(database, revision));
  return transaction.commit();
}

Result<std::vector<ConversationHit>> Library::searchConversations(std::string_view query) {
  Database& database = impl_->database;
  const std::vector<std::string> prefixes = prefixesOf(query);
  std::vector<ConversationHit> hits;
  if (prefixes.empty()) return hits;
  std::vector<int64_t> found = TRY(conversationsWith(database, prefixes.front()));
  std::string any = prefixes.front();
  for (size_t i = 1; i < prefixes.size(); ++i) {
    std::vector<int64_t> both;
    std::ranges::set_intersection(found, TRY(conversationsWith(database, prefixes[i])),
                                  std::back_inserter(both));
    found = std::move(both);
    any += " OR " + prefixes[i];
  }
  if (found.empty()) return hits;
  const std::map<int64_t, int64_t> best = TRY(bestMessages(database, any));
  Statement excerpt = TRY(database.prepare(
      fmt::format("SELECT snippet(message_fts, 0, '', '', '…', {}) FROM message_fts"
                  " WHERE message_fts MATCH ?1 AND rowid = ?2",
                  kExcerptWords)));
  for (ConversationInfo& info : TRY(conversations())) {
    const auto id = static_cast<int64_t>(info.id);
    if (!std::ranges::binary_search(found, id)) continue;
    ConversationHit& hit = hits.emplace_back();
    hit.found = std::move(info);
    const auto message = best.find(id);
    if (message == best.end()) continue;
    hit.message = MessageId{message->second};
    if (TRY(excerpt.bind(std::string_view(any), message->second).step())) {
      hit.excerpt = excerpt.string(0);
    }
  }
  return hits;
}

}  // namespace lectern
