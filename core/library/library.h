// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"
#include "core/base/sha256.h"
#include "core/document/citation.h"
#include "core/document/document_info.h"
#include "core/document/ids.h"
#include "core/document/page.h"
#include "core/document/segment.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// A revision as the list shows it.
struct RevisionInfo {
  RevisionId id{};
  Sha256 contentSha256{};
  int64_t contentBytes = 0;
  DocumentInfo document;
  bool sealed = false;   ///< false while pages are still missing
  bool removed = false;  ///< taken out by the user; kept only for the citations of its text
  int pagesStored = 0;
  int pagesSkipped = 0;
  int pagesImageOnly = 0;
  int64_t textBytes = 0;
  int64_t segments = 0;
  int64_t addedAtMs = 0;  ///< Unix time
  std::vector<std::filesystem::path> locations;
};

struct ShelfInfo {
  ShelfId id{};
  std::string name;
  std::vector<RevisionId> revisions;  ///< in reading order
};

/// A page from outside, to lay a document out without its text.
struct PageShape {
  int number = 0;
  std::string label;
  double widthPt = 0;
  double heightPt = 0;
  PageState state = PageState::Text;
};

/// A page as it is stored, with its place in the revision's text.
struct StoredPage {
  Page page;
  int64_t byteStart = 0;
};

struct StoredSegment {
  RevisionId revision{};
  int number = 0;
  Segment segment;
  std::string text;
};

struct SegmentHit {
  StoredSegment found;
  double bm25 = 0;  ///< larger is better
};

struct PassageHit {
  RevisionId revision{};
  Passage passage;
  double bm25 = 0;
};

/// A question or an answer as it is stored.
struct MessageRecord {
  enum class Role : uint8_t { User, Assistant };
  MessageId id{};
  Role role = Role::User;
  std::string text;
  /// JSON object of what the header shows: which engine answered, what was read. Empty of a
  /// question.
  std::string header;
  std::vector<Claim> claims;
  std::vector<CitationId> citationIds;  ///< in the order of the claims and their citations
  int64_t createdAtMs = 0;
};

struct StoredCitation {
  CitationId id{};
  MessageId message{};
  ConversationId conversation{};
  Grade grade = Grade::Uncited;
  Citation citation;
};

/// What became of a question and its answer.
struct StoredExchange {
  ConversationId conversation{};
  MessageId question{};
  MessageId answer{};
  std::vector<CitationId> citations;  ///< of the answer's claims, in their order
};

/// A conversation as the list shows it.
struct ConversationInfo {
  ConversationId id{};
  std::string title;
  std::vector<RevisionId> scope;  ///< what was asked about, in the order of asking
  int64_t createdAtMs = 0;        ///< Unix time
  int64_t lastUsedAtMs = 0;       ///< of its last message; where there is none, as above
  int messages = 0;
};

/// A conversation in which all words were found.
struct ConversationHit {
  ConversationInfo found;
  std::optional<MessageId> message;  ///< where they stand best; none: the title alone has them
  std::string excerpt;               ///< of that message, some words long
};

/// Result of `Library::checkDatabase`: empty `problems` means sound.
struct DatabaseReport {
  std::vector<std::string> problems;
};

/// Everything that is kept: contents, their texts, shelves, conversations, citations. One SQLite
/// file (WAL) in a folder of mode 0700; SCHEMA.md describes the tables, schema/*.sql makes them.
///
/// One process writes: `open` takes the lock file beside the database, or fails with Locked and the
/// holder's process id; `OpenMode::Read` takes none, sees committed data only and refuses writes
/// with Locked. Thread: one at a time. Errors of every call: Storage (disk full, damaged,
/// read-only, busy for five seconds), each a sentence that names the file and what to do. NotFound
/// for an id that is not there.
class Library {
 public:
  enum class OpenMode : uint8_t { ReadWrite, Read };

  /// Opens or creates `folder`/library.db; applies missing migrations after a backup. A damaged
  /// file is refused with the name of its newest backup; a file of a newer program is refused;
  /// neither is touched. After an unclean end `quick_check` runs before this returns. A backup is
  /// made once a day; the last three are kept. NotFound: nothing to read there yet (Read only).
  static Result<std::unique_ptr<Library>> open(const std::filesystem::path& folder, OpenMode mode);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// Sentences the user should see about the opening: "The backup … could not be made: …".
  [[nodiscard]] const std::vector<std::string>& notices() const;

  // Reading documents in. A transaction a page; a revision is visible to search only once it is
  // sealed.
  /// The revision of that content and extractor: an unfinished one goes on after its last stored
  /// page, a sealed one is returned as it is.
  Result<RevisionId> beginRevision(const Sha256& content,
                                   int64_t contentBytes,
                                   const DocumentInfo& info);
  Result<void> addPage(RevisionId revision, const Page& page);
  /// Stores segments and passages, indexes them and the text's hash, in one transaction.
  Result<void> seal(RevisionId revision,
                    const std::vector<Segment>& segments,
                    const std::vector<Passage>& passages);
  /// Says that a file has that content now; a path belongs to one revision at a time.
  Result<void> setLocation(const std::filesystem::path& path,
                           const FileStamp& stamp,
                           RevisionId revision);
  /// Takes a revision off all shelves and forgets its locations. Its text goes too, unless a
  /// citation needs it: then it is marked as removed, is listed and found no more, and comes back
  /// with `beginRevision`.
  Result<void> removeRevision(RevisionId revision);

  // Looking up.
  /// In the order in which they were added, without the removed ones.
  Result<std::vector<RevisionInfo>> revisions();
  /// Removed ones too: a citation's document has a title as long as the citation lives.
  Result<RevisionInfo> revision(RevisionId revision);
  Result<std::optional<RevisionId>> findContent(const Sha256& content, std::string_view extractor);
  Result<std::optional<RevisionId>> findLocation(const std::filesystem::path& path,
                                                 const FileStamp& stamp);
  Result<StoredPage> page(RevisionId revision, int number);
  /// Of all pages stored so far, in order.
  Result<std::vector<PageShape>> pageShapes(RevisionId revision);
  /// The page that holds that byte of the revision's text.
  Result<StoredPage> pageAt(RevisionId revision, int64_t byte);
  Result<std::string> text(RevisionId revision, TextSpan span);
  Result<std::vector<StoredSegment>> segments(RevisionId revision, int first, int last);

  /// How many tokens a text is, once somebody has counted; `counter` names the way of counting.
  Result<std::optional<int64_t>> tokenCount(RevisionId revision, const Sha256& counter);
  /// Of a sealed revision. NotFound where it is not there any more, or not sealed.
  Result<void> setTokenCount(RevisionId revision, const Sha256& counter, int64_t tokens);

  // Searching. The query is plain words, any language; each is folded and looked for by itself
  // (OR). Only revisions of `scope` are searched, so that an empty scope finds nothing; best first.
  Result<std::vector<SegmentHit>> searchSegments(const std::vector<std::string>& words,
                                                 const std::vector<RevisionId>& scope,
                                                 int limit);
  Result<std::vector<PassageHit>> searchPassages(const std::vector<std::string>& words,
                                                 const std::vector<RevisionId>& scope,
                                                 int limit);
  /// In how many segments of the library a folded word stands; with `totalSegments` it gives the
  /// IDF.
  Result<int64_t> segmentFrequency(std::string_view foldedWord);
  Result<int64_t> totalSegments();

  // Shelves.
  Result<ShelfId> shelf(std::string_view name);  ///< makes it where it is missing
  Result<std::vector<ShelfInfo>> shelves();
  Result<void> setShelf(ShelfId shelf, const std::vector<RevisionId>& revisions);
  /// Errors: Usage for a name that is empty or that another shelf has.
  Result<void> renameShelf(ShelfId shelf, std::string_view name);
  /// Its documents stay in the library.
  Result<void> removeShelf(ShelfId shelf);

  // Conversations. A message goes in whole, with its claims and citations, in one transaction.
  Result<ConversationId> newConversation(std::string_view title,
                                         const std::vector<RevisionId>& scope);
  Result<MessageId> addMessage(ConversationId conversation, const MessageRecord& message);
  /// A new conversation of a question and its answer, all in one transaction: there is never a
  /// question without its answer.
  Result<StoredExchange> addExchange(std::string_view title,
                                     const std::vector<RevisionId>& scope,
                                     const MessageRecord& question,
                                     const MessageRecord& answer);
  /// The same at the end of a conversation; what of `scope` it was not about before, it is now.
  Result<StoredExchange> addExchange(ConversationId conversation,
                                     const std::vector<RevisionId>& scope,
                                     const MessageRecord& question,
                                     const MessageRecord& answer);
  /// The last used first.
  Result<std::vector<ConversationInfo>> conversations();
  Result<ConversationInfo> conversation(ConversationId conversation);
  /// Errors: Usage for an empty title.
  Result<void> renameConversation(ConversationId conversation, std::string_view title);
  /// Its messages and their citations go with it, and so do the texts that were kept for these
  /// alone.
  Result<void> removeConversation(ConversationId conversation);
  /// The conversations in whose title and messages every word of the query begins a word; in the
  /// order of `conversations`. A query without a word finds nothing.
  Result<std::vector<ConversationHit>> searchConversations(std::string_view query);
  Result<std::vector<MessageRecord>> messages(ConversationId conversation);
  Result<StoredCitation> citation(CitationId id);
  /// Calls `visit` with each stored citation, in the order of their ids.
  Result<void> forEachCitation(const std::function<Result<void>(const StoredCitation&)>& visit);
  Result<void> setCitationStatus(CitationId id, CitationStatus status);

  /// `integrity_check`, `foreign_key_check`, FTS5's own integrity check with rank 1, each page's
  /// text against the revision's hash.
  Result<DatabaseReport> checkDatabase();

 private:
  struct Impl;
  explicit Library(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lectern
