// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/library_impl.h"
#include "core/library/storage_error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lectern {

namespace {

std::string_view wordOf(MessageRecord::Role role) {
  return role == MessageRecord::Role::User ? "user" : "assistant";
}

// The words come from documents and models: what is not UTF-8 must not throw.
std::string jsonList(const std::vector<std::string>& words) {
  return nlohmann::json(words).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> wordsOfJson(std::string_view json) {
  const nlohmann::json parsed = nlohmann::json::parse(json, nullptr, false);
  std::vector<std::string> words;
  if (!parsed.is_array()) return words;
  for (const auto& word : parsed) {
    if (word.is_string()) words.push_back(word.get<std::string>());
  }
  return words;
}

constexpr std::string_view kCitationColumns =
    "SELECT citation.id, citation.page, citation.byte_start, citation.byte_end, quote_sha256,"
    "       prefix, suffix, rects, method, status, citation.coverage, attention, score,"
    "       page_cut(citation.page, citation.byte_start, citation.byte_end),"
    "       claim, message, conversation, grade"
    "  FROM citation JOIN claim ON claim.id = citation.claim JOIN message ON message.id = "
    "claim.message ";

Result<Citation> citationOf(Database& database, const Statement& row) {
  Citation citation;
  citation.revision = revisionOfRow(row.integer(1));
  citation.page = numberOfRow(row.integer(1));
  citation.span = {row.integer(2), row.integer(3)};
  citation.quoteSha256 = sumOf(row, 4);
  citation.prefix = row.string(5);
  citation.suffix = row.string(6);
  const auto method = citationMethodFromString(row.bytes(8));
  const auto status = citationStatusFromString(row.bytes(9));
  auto rects = decodeRects(row.bytes(7));
  if (!method || !status || !rects) {
    return damagedError(database.path(), fmt::format("citation {} cannot be read", row.integer(0)));
  }
  citation.method = *method;
  citation.status = *status;
  citation.rects = std::move(*rects);
  citation.coverage = row.real(10);
  if (!row.isNull(11)) citation.attention = row.real(11);
  citation.score = row.real(12);
  citation.quote = row.string(13);
  return citation;
}

Result<void> insertCitations(Database& database,
                             int64_t claim,
                             const std::vector<Citation>& citations) {
  Statement insert = TRY(database.prepare(
      "INSERT INTO citation(claim, number, page, byte_start, byte_end, quote_sha256, prefix, "
      "suffix,"
      "                     rects, method, coverage, attention, score, status, checked_at_ms)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"));
  for (size_t i = 0; i < citations.size(); ++i) {
    const Citation& citation = citations[i];
    const std::string rects = encodeRects(citation.rects);
    TRY(insert
            .bind(claim, static_cast<int64_t>(i), rowId(citation.revision, citation.page),
                  citation.span.begin, citation.span.end, blobOf(citation.quoteSha256),
                  citation.prefix, citation.suffix, Blob{rects}, toString(citation.method),
                  citation.coverage, citation.attention, citation.score, toString(citation.status),
                  nowMs())
            .run());
  }
  return {};
}

Result<void> insertClaims(Database& database, int64_t message, const std::vector<Claim>& claims) {
  Statement insert = TRY(database.prepare(
      "INSERT INTO claim(message, number, byte_start, byte_end, grade, coverage, missing)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  for (size_t i = 0; i < claims.size(); ++i) {
    const Claim& claim = claims[i];
    const std::string missing = jsonList(claim.missing);
    TRY(insert
            .bind(message, static_cast<int64_t>(i), claim.span.begin, claim.span.end,
                  toString(claim.grade), claim.coverage, missing)
            .run());
    TRY(insertCitations(database, database.lastInsertedId(), claim.citations));
  }
  return {};
}

// Fills the claims of a message, each with its citations, best first.
Result<void> readClaims(Database& database, MessageRecord& message) {
  Statement claims =
      TRY(database.prepare("SELECT id, byte_start, byte_end, grade, coverage, missing FROM claim"
                           " WHERE message = ?1 ORDER BY number"));
  Statement citations = TRY(database.prepare(
      fmt::format("{} WHERE citation.claim = ?1 ORDER BY citation.number", kCitationColumns)));
  claims.bind(static_cast<int64_t>(message.id));
  while (TRY(claims.step())) {
    Claim claim;
    claim.span = {claims.integer(1), claims.integer(2)};
    claim.grade = gradeFromString(claims.bytes(3)).value_or(Grade::Uncited);
    claim.coverage = claims.real(4);
    claim.missing = wordsOfJson(claims.bytes(5));
    citations.bind(claims.integer(0));
    while (TRY(citations.step())) {
      message.citationIds.push_back(CitationId{citations.integer(0)});
      claim.citations.push_back(TRY(citationOf(database, citations)));
    }
    message.claims.push_back(std::move(claim));
  }
  return {};
}

// All inside a transaction of the caller.
Result<void> requireConversation(Database& database, int64_t id) {
  if (TRY(database.integer("SELECT 1 FROM conversation WHERE id = ?1", id))) return {};
  return notFound("conversation", id);
}

Result<void> widenScope(Database& database,
                        int64_t conversation,
                        const std::vector<RevisionId>& scope) {
  for (const RevisionId id : scope) {
    const auto revision = static_cast<int64_t>(id);
    if (!TRY(database.integer("SELECT 1 FROM revision WHERE id = ?1", revision))) {
      return notFound("revision", revision);
    }
    TRY(
        database.run("INSERT INTO conversation_scope(conversation, position, revision)"
                     " SELECT ?1, ifnull(max(position) + 1, 0), ?2 FROM conversation_scope"
                     "  WHERE conversation = ?1 HAVING ifnull(sum(revision = ?2), 0) = 0",
                     conversation, revision));
  }
  return {};
}

Result<int64_t> insertConversation(Database& database,
                                   std::string_view title,
                                   const std::vector<RevisionId>& scope) {
  TRY(database.run("INSERT INTO conversation(title, created_at_ms) VALUES(?1, ?2)", title,
                   nowMs()));
  const int64_t id = database.lastInsertedId();
  TRY(database.run("INSERT INTO conversation_fts(rowid, title) VALUES(?1, ?2)", id, title));
  TRY(widenScope(database, id, scope));
  return id;
}

Result<MessageId> insertMessage(Database& database,
                                int64_t conversation,
                                const MessageRecord& message) {
  TRY(
      database.run("INSERT INTO message(conversation, number, role, text, header, created_at_ms)"
                   " SELECT ?1, count(*), ?2, ?3, ?4, ?5 FROM message WHERE conversation = ?1",
                   conversation, wordOf(message.role), message.text, message.header,
                   message.createdAtMs != 0 ? message.createdAtMs : nowMs()));
  const MessageId added{database.lastInsertedId()};
  TRY(database.run("INSERT INTO message_fts(rowid, text) VALUES(?1, ?2)",
                   static_cast<int64_t>(added), message.text));
  TRY(insertClaims(database, static_cast<int64_t>(added), message.claims));
  return added;
}

Result<std::vector<CitationId>> citationsOf(Database& database, MessageId message) {
  Statement rows = TRY(
      database.prepare("SELECT citation.id FROM citation JOIN claim ON claim.id = citation.claim"
                       " WHERE message = ?1 ORDER BY claim.number, citation.number"));
  rows.bind(static_cast<int64_t>(message));
  std::vector<CitationId> ids;
  while (TRY(rows.step())) ids.push_back(CitationId{rows.integer(0)});
  return ids;
}

Result<StoredExchange> insertExchange(Database& database,
                                      int64_t conversation,
                                      const MessageRecord& question,
                                      const MessageRecord& answer) {
  StoredExchange stored;
  stored.conversation = ConversationId{conversation};
  stored.question = TRY(insertMessage(database, conversation, question));
  stored.answer = TRY(insertMessage(database, conversation, answer));
  stored.citations = TRY(citationsOf(database, stored.answer));
  return stored;
}

}  // namespace

Result<ConversationId> Library::newConversation(std::string_view title,
                                                const std::vector<RevisionId>& scope) {
  TRY(impl_->requireWriting());
  Transaction transaction = TRY(Transaction::begin(impl_->database));
  const ConversationId id{TRY(insertConversation(impl_->database, title, scope))};
  TRY(transaction.commit());
  return id;
}

Result<MessageId> Library::addMessage(ConversationId conversation, const MessageRecord& message) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(conversation);
  Transaction transaction = TRY(Transaction::begin(database));
  TRY(requireConversation(database, id));
  const MessageId added = TRY(insertMessage(database, id, message));
  TRY(transaction.commit());
  return added;
}

Result<StoredExchange> Library::addExchange(std::string_view title,
                                            const std::vector<RevisionId>& scope,
                                            const MessageRecord& question,
                                            const MessageRecord& answer) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  Transaction transaction = TRY(Transaction::begin(database));
  const int64_t conversation = TRY(insertConversation(database, title, scope));
  StoredExchange stored = TRY(insertExchange(database, conversation, question, answer));
  TRY(transaction.commit());
  return stored;
}

Result<StoredExchange> Library::addExchange(ConversationId conversation,
                                            const std::vector<RevisionId>& scope,
                                            const MessageRecord& question,
                                            const MessageRecord& answer) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(conversation);
  Transaction transaction = TRY(Transaction::begin(database));
  TRY(requireConversation(database, id));
  TRY(widenScope(database, id, scope));
  StoredExchange stored = TRY(insertExchange(database, id, question, answer));
  TRY(transaction.commit());
  return stored;
}

Result<std::vector<MessageRecord>> Library::messages(ConversationId conversation) {
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(conversation);
  TRY(requireConversation(database, id));
  Statement rows = TRY(database.prepare(
      "SELECT id, role, text, header, created_at_ms FROM message WHERE conversation = ?1"
      " ORDER BY number"));
  rows.bind(id);
  std::vector<MessageRecord> messages;
  while (TRY(rows.step())) {
    MessageRecord message;
    message.id = MessageId{rows.integer(0)};
    message.role =
        rows.bytes(1) == "user" ? MessageRecord::Role::User : MessageRecord::Role::Assistant;
    message.text = rows.string(2);
    message.header = rows.string(3);
    message.createdAtMs = rows.integer(4);
    TRY(readClaims(database, message));
    messages.push_back(std::move(message));
  }
  return messages;
}

Result<StoredCitation> Library::citation(CitationId id) {
  Statement row =
      TRY(impl_->database.prepare(fmt::format("{} WHERE citation.id = ?1", kCitationColumns)));
  if (!TRY(row.bind(static_cast<int64_t>(id)).step())) {
    return notFound("citation", static_cast<int64_t>(id));
  }
  StoredCitation stored;
  stored.id = id;
  stored.message = MessageId{row.integer(15)};
  stored.conversation = ConversationId{row.integer(16)};
  stored.grade = gradeFromString(row.bytes(17)).value_or(Grade::Uncited);
  stored.citation = TRY(citationOf(impl_->database, row));
  return stored;
}

// No statement is open while `visit` runs, which may use the library.
Result<void> Library::forEachCitation(
    const std::function<Result<void>(const StoredCitation&)>& visit) {
  std::vector<CitationId> ids;
  {
    Statement rows = TRY(impl_->database.prepare("SELECT id FROM citation ORDER BY id"));
    while (TRY(rows.step())) ids.push_back(CitationId{rows.integer(0)});
  }
  for (const CitationId id : ids) {
    const StoredCitation stored = TRY(citation(id));
    TRY(visit(stored));
  }
  return {};
}

Result<void> Library::setCitationStatus(CitationId id, CitationStatus status) {
  TRY(impl_->requireWriting());
  const auto row = static_cast<int64_t>(id);
  if (!TRY(impl_->database.integer("SELECT 1 FROM citation WHERE id = ?1", row))) {
    return notFound("citation", row);
  }
  return impl_->database.run("UPDATE citation SET status = ?2, checked_at_ms = ?3 WHERE id = ?1",
                             row, toString(status), nowMs());
}

}  // namespace lectern
