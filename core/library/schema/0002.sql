-- SPDX-License-Identifier: GPL-3.0-or-later
-- How many tokens a sealed text is to a model: counted once for each way of counting.

CREATE TABLE token_count(
  revision  INTEGER NOT NULL REFERENCES revision(id) ON DELETE CASCADE,
  counter   BLOB NOT NULL CHECK(length(counter) = 32),
  tokens    INTEGER NOT NULL CHECK(tokens >= 0),
  PRIMARY KEY(revision, counter)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER only_a_sealed_text_is_counted BEFORE INSERT ON token_count
BEGIN
  SELECT RAISE(ABORT, 'only a sealed text can be counted')
   WHERE (SELECT state FROM revision WHERE id = NEW.revision) IS NOT 'sealed';
END;
