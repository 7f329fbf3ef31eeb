-- SPDX-License-Identifier: GPL-3.0-or-later
-- The first schema. SCHEMA.md explains every table and every stored form.
--
-- Pages, segments and passages have the id (revision << 32) | number: a revision's rows stand
-- together, a range of ids is a revision, and no further index is needed for either.

CREATE TABLE setting(
  name   TEXT PRIMARY KEY,
  value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE content(
  id      INTEGER PRIMARY KEY,
  sha256  BLOB NOT NULL UNIQUE CHECK(length(sha256) = 32),
  bytes   INTEGER NOT NULL CHECK(bytes >= 0)
) STRICT;

CREATE TABLE revision(
  id                INTEGER PRIMARY KEY AUTOINCREMENT CHECK(id BETWEEN 1 AND 0x7fffffff),
  content           INTEGER NOT NULL REFERENCES content(id),
  extractor         TEXT NOT NULL,
  media_type        TEXT NOT NULL,
  title             TEXT NOT NULL,
  page_count        INTEGER NOT NULL CHECK(page_count >= 0),
  state             TEXT NOT NULL DEFAULT 'reading' CHECK(state IN ('reading', 'sealed')),
  text_sha256       BLOB CHECK(length(text_sha256) = 32),
  segments          INTEGER NOT NULL DEFAULT 0,
  indexed_segments  INTEGER NOT NULL DEFAULT 0,
  added_at_ms       INTEGER NOT NULL,
  removed_at_ms     INTEGER,
  UNIQUE(content, extractor),
  CHECK((state = 'sealed') = (text_sha256 IS NOT NULL)),
  CHECK(state = 'sealed' OR segments = 0),
  CHECK(indexed_segments BETWEEN 0 AND segments)
) STRICT;

CREATE TABLE outline(
  revision  INTEGER NOT NULL REFERENCES revision(id) ON DELETE CASCADE,
  position  INTEGER NOT NULL,
  level     INTEGER NOT NULL,
  title     TEXT NOT NULL,
  page      INTEGER NOT NULL,
  top       INTEGER NOT NULL,
  PRIMARY KEY(revision, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE notice(
  revision  INTEGER NOT NULL REFERENCES revision(id) ON DELETE CASCADE,
  position  INTEGER NOT NULL,
  sentence  TEXT NOT NULL,
  PRIMARY KEY(revision, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE location(
  path         TEXT PRIMARY KEY,
  revision     INTEGER NOT NULL REFERENCES revision(id),
  size_bytes   INTEGER NOT NULL,
  modified_ns  INTEGER NOT NULL,
  inode        INTEGER NOT NULL,
  seen_at_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX location_by_revision ON location(revision);

-- `text` comes before the larger blobs, so that reading it never walks over them.
CREATE TABLE page(
  id          INTEGER PRIMARY KEY CHECK(id = (revision << 32) | number),
  revision    INTEGER NOT NULL REFERENCES revision(id),
  number      INTEGER NOT NULL CHECK(number BETWEEN 1 AND 0x7fffffff),
  state       TEXT NOT NULL CHECK(state IN ('text', 'blank', 'image', 'skipped')),
  label       TEXT NOT NULL,
  width_pt    REAL NOT NULL,
  height_pt   REAL NOT NULL,
  rotation    INTEGER NOT NULL CHECK(rotation IN (0, 90, 180, 270)),
  problem     TEXT NOT NULL,
  byte_start  INTEGER NOT NULL CHECK(byte_start >= 0),
  byte_end    INTEGER NOT NULL,
  text        BLOB NOT NULL,
  blocks      BLOB NOT NULL,
  runs        BLOB NOT NULL,
  CHECK(byte_end - byte_start = length(text))
) STRICT;
CREATE INDEX page_by_byte ON page(revision, byte_start, byte_end, state);

CREATE TRIGGER page_follows_the_last BEFORE INSERT ON page
BEGIN
  SELECT RAISE(ABORT, 'a sealed text takes no more pages')
   WHERE (SELECT state FROM revision WHERE id = NEW.revision) = 'sealed';
  SELECT RAISE(ABORT, 'a page must follow the last one, and its bytes the last byte')
   WHERE NEW.byte_start IS NOT CASE NEW.number
     WHEN 1 THEN 0
     ELSE (SELECT byte_end FROM page WHERE id = ((NEW.revision << 32) | (NEW.number - 1)))
   END;
END;
CREATE TRIGGER page_never_changes BEFORE UPDATE ON page
BEGIN
  SELECT RAISE(ABORT, 'the text of a page never changes');
END;
CREATE TRIGGER sealed_text_stays BEFORE UPDATE OF content, extractor, state, text_sha256 ON revision
WHEN OLD.state = 'sealed'
BEGIN
  SELECT RAISE(ABORT, 'a sealed text never changes');
END;

CREATE TABLE segment(
  id          INTEGER PRIMARY KEY,
  page        INTEGER NOT NULL,
  kind        TEXT NOT NULL CHECK(kind IN
                ('sentence', 'heading', 'list', 'row', 'caption', 'code', 'furniture')),
  byte_start  INTEGER NOT NULL,
  byte_end    INTEGER NOT NULL,
  heading     INTEGER,
  continues   INTEGER NOT NULL CHECK(continues IN (0, 1)),
  CHECK(byte_end > byte_start),
  CHECK(heading BETWEEN 0 AND (id & 0xffffffff) - 1)
) STRICT;
CREATE TRIGGER segment_lies_in_its_page BEFORE INSERT ON segment
BEGIN
  SELECT RAISE(ABORT, 'a segment must lie inside one page')
   WHERE NOT EXISTS (SELECT 1 FROM page
                      WHERE id = (((NEW.id >> 32) << 32) | NEW.page)
                        AND byte_start <= NEW.byte_start AND NEW.byte_end <= byte_end);
END;

CREATE TABLE passage(
  id             INTEGER PRIMARY KEY,
  first_segment  INTEGER NOT NULL CHECK(first_segment >= 0),
  last_segment   INTEGER NOT NULL CHECK(last_segment >= first_segment),
  header         TEXT NOT NULL
) STRICT;
CREATE TRIGGER passage_has_its_segments BEFORE INSERT ON passage
BEGIN
  SELECT RAISE(ABORT, 'a passage must consist of stored segments')
   WHERE NOT EXISTS (SELECT 1 FROM segment WHERE id = (((NEW.id >> 32) << 32) | NEW.first_segment))
      OR NOT EXISTS (SELECT 1 FROM segment WHERE id = (((NEW.id >> 32) << 32) | NEW.last_segment));
END;

-- What the full-text index indexes: cut from the pages (page_cut.h), stored nowhere else.
CREATE VIEW segment_text(id, text) AS
  SELECT id, page_cut(((id >> 32) << 32) | page, byte_start, byte_end)
    FROM segment WHERE kind <> 'furniture';
CREATE VIEW passage_text(id, header, body) AS
  SELECT id, header,
         (SELECT group_concat(text, ' ')
            FROM (SELECT text FROM segment_text
                   WHERE segment_text.id BETWEEN (((passage.id >> 32) << 32) | first_segment)
                                             AND (((passage.id >> 32) << 32) | last_segment)
                   ORDER BY segment_text.id))
    FROM passage;

CREATE VIRTUAL TABLE segment_fts USING fts5(
  text, content = 'segment_text', content_rowid = 'id', tokenize = 'lectern');
CREATE VIRTUAL TABLE passage_fts USING fts5(
  header, body, content = 'passage_text', content_rowid = 'id', tokenize = 'lectern');
CREATE VIRTUAL TABLE segment_word USING fts5vocab(segment_fts, row);

CREATE TRIGGER revision_goes_last BEFORE DELETE ON revision
BEGIN
  SELECT RAISE(ABORT, 'a revision can go only after its segments and passages')
   WHERE EXISTS (SELECT 1 FROM segment
                  WHERE id BETWEEN (OLD.id << 32) AND ((OLD.id << 32) | 0xffffffff))
      OR EXISTS (SELECT 1 FROM passage
                  WHERE id BETWEEN (OLD.id << 32) AND ((OLD.id << 32) | 0xffffffff));
END;

CREATE TABLE shelf(
  id             INTEGER PRIMARY KEY,
  name           TEXT NOT NULL UNIQUE,
  created_at_ms  INTEGER NOT NULL
) STRICT;
CREATE TABLE shelf_item(
  shelf     INTEGER NOT NULL REFERENCES shelf(id) ON DELETE CASCADE,
  position  INTEGER NOT NULL,
  revision  INTEGER NOT NULL REFERENCES revision(id),
  PRIMARY KEY(shelf, position),
  UNIQUE(shelf, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX shelf_item_by_revision ON shelf_item(revision);

CREATE TABLE conversation(
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  title          TEXT NOT NULL,
  created_at_ms  INTEGER NOT NULL
) STRICT;
CREATE TABLE conversation_scope(
  conversation  INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
  position      INTEGER NOT NULL,
  revision      INTEGER NOT NULL REFERENCES revision(id) ON DELETE CASCADE,
  PRIMARY KEY(conversation, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_scope_by_revision ON conversation_scope(revision);

CREATE TABLE message(
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation   INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
  number         INTEGER NOT NULL,
  role           TEXT NOT NULL CHECK(role IN ('user', 'assistant')),
  text           TEXT NOT NULL,
  header         TEXT NOT NULL CHECK(header = '' OR header GLOB '{*}'),
  created_at_ms  INTEGER NOT NULL,
  UNIQUE(conversation, number)
) STRICT;
CREATE TABLE claim(
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  message     INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
  number      INTEGER NOT NULL,
  byte_start  INTEGER NOT NULL CHECK(byte_start >= 0),
  byte_end    INTEGER NOT NULL,
  grade       TEXT NOT NULL CHECK(grade IN
                ('verbatim', 'matched', 'related', 'uncited', 'exempt', 'notfound')),
  coverage    REAL NOT NULL,
  missing     TEXT NOT NULL CHECK(missing GLOB '[[]*]'),
  UNIQUE(message, number),
  CHECK(byte_end >= byte_start)
) STRICT;

CREATE TABLE citation(
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  claim          INTEGER NOT NULL REFERENCES claim(id) ON DELETE CASCADE,
  number         INTEGER NOT NULL,
  page           INTEGER NOT NULL REFERENCES page(id),
  byte_start     INTEGER NOT NULL,
  byte_end       INTEGER NOT NULL,
  quote_sha256   BLOB NOT NULL CHECK(length(quote_sha256) = 32),
  prefix         TEXT NOT NULL,
  suffix         TEXT NOT NULL,
  rects          BLOB NOT NULL,
  method         TEXT NOT NULL CHECK(method IN ('quote', 'marker', 'align', 'attention', 'user')),
  coverage       REAL NOT NULL,
  attention      REAL,
  score          REAL NOT NULL,
  status         TEXT NOT NULL CHECK(status IN ('ok', 'moved', 'changed', 'missing')),
  checked_at_ms  INTEGER NOT NULL,
  UNIQUE(claim, number),
  CHECK(byte_end > byte_start)
) STRICT;
CREATE INDEX citation_by_page ON citation(page);
CREATE TRIGGER citation_lies_in_its_page BEFORE INSERT ON citation
BEGIN
  SELECT RAISE(ABORT, 'a citation must lie inside one page')
   WHERE NOT EXISTS (SELECT 1 FROM page WHERE id = NEW.page
                        AND byte_start <= NEW.byte_start AND NEW.byte_end <= byte_end);
  SELECT RAISE(ABORT, 'a citation must point into a sealed text')
   WHERE (SELECT state FROM revision WHERE id = NEW.page >> 32) IS NOT 'sealed';
END;
CREATE TRIGGER citation_never_moves
BEFORE UPDATE OF id, claim, number, page, byte_start, byte_end, quote_sha256, prefix, suffix, rects,
                 method, coverage, attention, score ON citation
BEGIN
  SELECT RAISE(ABORT, 'only the status of a citation changes');
END;
