// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/reading/reading_note.h"

#include <gtest/gtest.h>

#include <string_view>

namespace lectern {
namespace {

TEST(ReadingNote, ComesBackAsItWas) {
  const ReadingNote note{"Jamba „3B“", {sha256("lease"), sha256("manual")}, 123'456, true};
  EXPECT_EQ(decodeReadingNote(encodeReadingNote(note)), note);
}

TEST(ReadingNote, OfABrokenNameCanBeWritten) {
  const ReadingNote note{"\xff model", {}, 1, false};
  EXPECT_EQ(decodeReadingNote(encodeReadingNote(note)).readMs, 1);
}

TEST(ReadingNote, TellsWhatCanBeMadeOut) {
  for (const std::string_view nothing : {"", "{", "[]", "null", "7"}) {
    EXPECT_EQ(decodeReadingNote(nothing), ReadingNote()) << nothing;
  }
  const ReadingNote some = decodeReadingNote(
      R"({"model": 7, "documents": [1, "00", null, "zz"], "readMs": 5, "more": {}})");
  EXPECT_EQ(some, (ReadingNote{"", {}, 5, false}));
  EXPECT_TRUE(decodeReadingNote(R"({"documents": {"a": "b"}})").documents.empty());
}

}  // namespace
}  // namespace lectern
