-- SPDX-License-Identifier: GPL-3.0-or-later
-- Search in conversations: the words of questions, answers and titles. The indexes keep no text of
-- their own. The program keeps them in step: no trigger may, as the schema is not trusted.

CREATE VIRTUAL TABLE message_fts USING fts5(
  text, content = 'message', content_rowid = 'id', tokenize = 'lectern');
CREATE VIRTUAL TABLE conversation_fts USING fts5(
  title, content = 'conversation', content_rowid = 'id', tokenize = 'lectern');
INSERT INTO message_fts(message_fts) VALUES('rebuild');
INSERT INTO conversation_fts(conversation_fts) VALUES('rebuild');

CREATE TRIGGER message_never_changes BEFORE UPDATE ON message
BEGIN
  SELECT RAISE(ABORT, 'a message never changes');
END;
