// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/check.h"
#include "core/base/sha256.h"
#include "core/library/library.h"
#include "core/text/passage_builder.h"
#include "core/text/segmenter.h"
#include "tests/support/document_builder.h"

#include <string>
#include <vector>

namespace lectern::test {

/// Reads pages into a library the way the program does: a transaction a page, then segments and
/// passages. The content's hash is that of the title and the text.
inline RevisionId addPages(Library& library, DocumentInfo info, const std::vector<Page>& pages) {
  info.pageCount = static_cast<int>(pages.size());
  std::string text;
  text::Segmenter segmenter;
  for (const Page& page : pages) {
    segmenter.addPage(page, static_cast<int64_t>(text.size()));
    text += page.text;
  }
  const RevisionId revision =
      library
          .beginRevision(sha256(info.title + '\n' + text), static_cast<int64_t>(text.size()), info)
          .value();
  for (const Page& page : pages) {
    const Result<void> added = library.addPage(revision, page);
    LECTERN_CHECK(added.has_value());
  }
  const std::vector<Segment> segments = segmenter.finish();
  const std::vector<Passage> passages =
      text::buildPassages(segments, info.title, [&](TextSpan span) {
        return text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length()));
      });
  const Result<void> sealed = library.seal(revision, segments, passages);
  LECTERN_CHECK(sealed.has_value());
  return revision;
}

inline RevisionId addDocument(Library& library, const DocumentBuilder& document) {
  return addPages(library, document.info(), document.pages());
}

}  // namespace lectern::test
