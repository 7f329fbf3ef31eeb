// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/utf8.h"
#include "core/library/library_impl.h"
#include "core/library/storage_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lectern {

namespace {

constexpr std::array<std::string_view, 4> kPageStates = {"text", "blank", "image", "skipped"};
constexpr std::array<std::string_view, 7> kSegmentKinds = {"sentence", "heading", "list",     "row",
                                                           "caption",  "code",    "furniture"};

template <size_t N>
size_t indexOf(const std::array<std::string_view, N>& words, std::string_view word) {
  return static_cast<size_t>(std::ranges::find(words, word) - words.begin()) % N;
}

Error wrongCall(std::string message) {
  return {ErrorCode::Internal, std::move(message)};
}

// What the stored forms rely on: spans in order, disjoint, inside the text.
template <class Item>
bool spansAreInOrder(const std::vector<Item>& items, int64_t textBytes) {
  int64_t end = 0;
  for (const Item& item : items) {
    if (item.span.begin < end || item.span.end < item.span.begin) return false;
    end = item.span.end;
  }
  return end <= textBytes;
}

bool describesItsText(const Page& page) {
  const auto bytes = static_cast<int64_t>(page.text.size());
  return utf8::isValid(page.text) && spansAreInOrder(page.runs, bytes) &&
         spansAreInOrder(page.blocks, bytes) &&
         std::ranges::all_of(page.runs, [](const GlyphRun& run) {
           return !run.span.isEmpty() && run.edges.size() >= 2;
         });
}

constexpr std::string_view kPageColumns =
    "SELECT number, state, label, width_pt, height_pt, rotation, problem, byte_start, text, blocks,"
    "       runs FROM page ";

Result<StoredPage> pageOf(Database& database, const Statement& row) {
  StoredPage stored;
  Page& page = stored.page;
  page.number = row.number(0);
  page.state = static_cast<PageState>(indexOf(kPageStates, row.bytes(1)));
  page.label = row.string(2);
  page.widthPt = row.real(3);
  page.heightPt = row.real(4);
  page.rotation = row.number(5);
  page.problem = row.string(6);
  stored.byteStart = row.integer(7);
  page.text = row.string(8);
  const auto bytes = static_cast<int64_t>(page.text.size());
  auto blocks = decodeBlocks(row.bytes(9), bytes);
  auto runs = decodeRuns(row.bytes(10), bytes);
  if (!blocks || !runs) {
    return damagedError(database.path(), fmt::format("the layout of page {} of a document cannot "
                                                     "be read",
                                                     page.number));
  }
  page.blocks = std::move(*blocks);
  page.runs = std::move(*runs);
  return stored;
}

Result<void> checkSegments(const std::vector<Segment>& segments) {
  int64_t end = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    if (segment.span.begin < end || segment.span.isEmpty() ||
        segment.heading >= static_cast<int>(i)) {
      return wrongCall(
          fmt::format("Segment {} overlaps another, is empty, or names a heading "
                      "after it.",
                      i));
    }
    end = segment.span.end;
  }
  return {};
}

Result<void> insertSegments(Database& database,
                            RevisionId revision,
                            const std::vector<Segment>& segments) {
  Statement insert = TRY(database.prepare(
      "INSERT INTO segment(id, page, kind, byte_start, byte_end, heading, continues)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  for (size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    std::optional<int64_t> heading;
    if (segment.heading >= 0) heading = segment.heading;
    TRY(insert
            .bind(rowId(revision, static_cast<int64_t>(i)), segment.page,
                  kSegmentKinds[static_cast<size_t>(segment.kind)], segment.span.begin,
                  segment.span.end, heading, segment.continues ? 1 : 0)
            .run());
  }
  return {};
}

Result<void> insertPassages(Database& database,
                            RevisionId revision,
                            const std::vector<Passage>& passages) {
  Statement insert = TRY(database.prepare(
      "INSERT INTO passage(id, first_segment, last_segment, header) VALUES(?1, ?2, ?3, ?4)"));
  for (size_t i = 0; i < passages.size(); ++i) {
    const Passage& passage = passages[i];
    TRY(insert
            .bind(rowId(revision, static_cast<int64_t>(i)), passage.firstSegment,
                  passage.lastSegment, passage.header)
            .run());
  }
  return {};
}

}  // namespace

Result<void> Library::addPage(RevisionId revision, const Page& page) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(revision);
  const auto bytes = static_cast<int64_t>(page.text.size());
  if (!describesItsText(page)) {
    return wrongCall(fmt::format("Page {} does not describe its own text.", page.number));
  }
  Transaction transaction = TRY(Transaction::begin(database));
  if (!TRY(database.integer("SELECT 1 FROM revision WHERE id = ?1", id))) {
    return notFound("revision", id);
  }
  const int64_t byteStart = TRY(database.integer("SELECT byte_end FROM page WHERE id = ?1",
                                                 rowId(revision, page.number - 1)))
                                .value_or(0);
  const std::string blocks = encodeBlocks(page.blocks);
  const std::string runs = encodeRuns(page.runs);
  TRY(database.run(
      "INSERT INTO page(id, revision, number, state, label, width_pt, height_pt, rotation, problem,"
      "                 byte_start, byte_end, text, blocks, runs)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
      rowId(revision, page.number), id, page.number, kPageStates[static_cast<size_t>(page.state)],
      page.label, page.widthPt, page.heightPt, page.rotation, page.problem, byteStart,
      byteStart + bytes, Blob{page.text}, Blob{blocks}, Blob{runs}));
  return transaction.commit();
}

Result<void> Library::seal(RevisionId revision,
                           const std::vector<Segment>& segments,
                           const std::vector<Passage>& passages) {
  TRY(impl_->requireWriting());
  Database& database = impl_->database;
  const auto id = static_cast<int64_t>(revision);
  TRY(checkSegments(segments));
  Transaction transaction = TRY(Transaction::begin(database));
  const auto sealed =
      TRY(database.integer("SELECT state = 'sealed' FROM revision WHERE id = ?1", id));
  if (!sealed) return notFound("revision", id);
  if (*sealed != 0) return wrongCall(fmt::format("Revision {} is sealed already.", id));
  TRY(insertSegments(database, revision, segments));
  TRY(insertPassages(database, revision, passages));
  TRY(indexRevision(database, revision));

  Sha256Hasher hasher;
  Statement pages =
      TRY(database.prepare("SELECT text FROM page WHERE revision = ?1 ORDER BY number"));
  pages.bind(id);
  while (TRY(pages.step())) hasher.update(pages.bytes(0));
  const auto indexed = std::ranges::count_if(
      segments, [](const Segment& segment) { return segment.kind != SegmentKind::Furniture; });
  TRY(
      database.run("UPDATE revision SET state = 'sealed', text_sha256 = ?2, segments = ?3,"
                   "                    indexed_segments = ?4 WHERE id = ?1",
                   id, blobOf(hasher.finish()), static_cast<int64_t>(segments.size()),
                   static_cast<int64_t>(indexed)));
  return transaction.commit();
}

Result<StoredPage> Library::page(RevisionId revision, int number) {
  Statement row = TRY(impl_->database.prepare(fmt::format("{} WHERE id = ?1", kPageColumns)));
  if (number < 1 || !TRY(row.bind(rowId(revision, number)).step())) {
    return Error{ErrorCode::NotFound, fmt::format("There is no page {} in revision {}.", number,
                                                  static_cast<int64_t>(revision))};
  }
  return pageOf(impl_->database, row);
}

Result<std::vector<PageShape>> Library::pageShapes(RevisionId revision) {
  Statement row = TRY(impl_->database.prepare(
      "SELECT number, label, width_pt, height_pt, state FROM page WHERE id BETWEEN ?1 AND ?2"
      " ORDER BY id"));
  row.bind(rowId(revision, 0), lastRowId(revision));
  std::vector<PageShape> shapes;
  while (TRY(row.step())) {
    shapes.push_back({row.number(0), row.string(1), row.real(2), row.real(3),
                      static_cast<PageState>(indexOf(kPageStates, row.bytes(4)))});
  }
  return shapes;
}

Result<StoredPage> Library::pageAt(RevisionId revision, int64_t byte) {
  const auto id = static_cast<int64_t>(revision);
  Statement row = TRY(impl_->database.prepare(
      fmt::format("{} WHERE revision = ?1 AND byte_start <= ?2 AND byte_end > ?2"
                  " ORDER BY byte_start DESC LIMIT 1",
                  kPageColumns)));
  if (!TRY(row.bind(id, byte).step())) {
    return Error{ErrorCode::NotFound,
                 fmt::format("The text of revision {} has no byte {}.", id, byte)};
  }
  return pageOf(impl_->database, row);
}

Result<std::string> Library::text(RevisionId revision, TextSpan span) {
  const auto id = static_cast<int64_t>(revision);
  Statement row = TRY(impl_->database.prepare(
      "SELECT substr(text, max(?2 - byte_start, 0) + 1,"
      "              min(?3, byte_end) - max(?2, byte_start))"
      "  FROM page WHERE revision = ?1 AND byte_start < ?3 AND byte_start >="
      "       (SELECT max(byte_start) FROM page WHERE revision = ?1 AND byte_start <= ?2)"
      " ORDER BY number"));
  row.bind(id, span.begin, span.end);
  std::string text;
  while (TRY(row.step())) text += row.bytes(0);
  if (span.begin < 0 || static_cast<int64_t>(text.size()) != span.length()) {
    return Error{ErrorCode::NotFound, fmt::format("The text of revision {} has no bytes {} to {}.",
                                                  id, span.begin, span.end)};
  }
  return text;
}

Result<std::vector<StoredSegment>> Library::segments(RevisionId revision, int first, int last) {
  Statement rows = TRY(impl_->database.prepare(
      fmt::format("{} WHERE id BETWEEN ?1 AND ?2 ORDER BY id", kSegmentColumns)));
  rows.bind(rowId(revision, std::max(first, 0)), rowId(revision, last));
  std::vector<StoredSegment> found;
  while (last >= 0 && TRY(rows.step())) found.push_back(segmentOf(rows));
  return found;
}

StoredSegment segmentOf(const Statement& row) {
  StoredSegment stored;
  stored.revision = revisionOfRow(row.integer(0));
  stored.number = numberOfRow(row.integer(0));
  stored.segment.page = row.number(1);
  stored.segment.kind = static_cast<SegmentKind>(indexOf(kSegmentKinds, row.bytes(2)));
  stored.segment.span = {row.integer(3), row.integer(4)};
  stored.segment.heading = row.isNull(5) ? -1 : row.number(5);
  stored.segment.continues = row.integer(6) != 0;
  stored.text = row.string(7);
  return stored;
}

}  // namespace lectern
