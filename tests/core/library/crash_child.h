// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/core/library/library_fixture.h"

namespace lectern {

/// The document that the child of the crash tests stores: what it must be is known, whatever
/// happens to the child.
inline Sha256 crashContent() {
  return sha256("crash");
}

inline Page crashPage(int number) {
  std::vector<std::string> sentences;
  for (int i = 0; i < 30; ++i) {
    sentences.push_back("Sentence " + std::to_string(i) + " of page " + std::to_string(number) +
                        " has words enough to fill some pages of the database.");
  }
  return makePage(number, sentences);
}

inline Result<void> sealCrashDocument(Library& library, RevisionId id, int pages) {
  std::vector<Segment> segments;
  std::vector<Passage> passages;
  int64_t start = 0;
  for (int number = 1; number <= pages; ++number) {
    const Page page = crashPage(number);
    const auto first = static_cast<int>(segments.size());
    for (const Block& block : page.blocks) {
      segments.push_back({SegmentKind::Sentence, block.span.shifted(start), number, -1, false});
    }
    passages.push_back({first, static_cast<int>(segments.size()) - 1, "A title"});
    start += static_cast<int64_t>(page.text.size());
  }
  return library.seal(id, segments, passages);
}

}  // namespace lectern
