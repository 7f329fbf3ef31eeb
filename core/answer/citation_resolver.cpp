// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/citation_resolver.h"

#include "core/base/utf8.h"

#include <algorithm>

namespace lectern {

namespace {

constexpr int64_t kContextBytes = 32;

bool isSpace(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

int64_t boundaryBefore(std::string_view text, int64_t offset) {
  while (!utf8::isBoundary(text, offset)) --offset;
  return offset;
}

// `text` is well-formed, so that stepping back to a boundary finds the last code point.
TextSpan trimmed(std::string_view text) {
  TextSpan span{0, static_cast<int64_t>(text.size())};
  while (!span.isEmpty()) {
    const utf8::Decoded first = utf8::decode(text, span.begin);
    if (!isSpace(first.codePoint)) break;
    span.begin += first.length;
  }
  while (!span.isEmpty()) {
    const int64_t last = boundaryBefore(text, span.end - 1);
    if (!isSpace(utf8::decode(text, last).codePoint)) break;
    span.end = last;
  }
  return span;
}

std::string_view cut(std::string_view text, TextSpan span) {
  return text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length()));
}

// The runs that a reader sees. The first that stays of a line starts it, where its own first went.
std::vector<GlyphRun> visible(const std::vector<GlyphRun>& runs) {
  std::vector<GlyphRun> kept;
  bool startsLine = false;
  for (const GlyphRun& run : runs) {
    startsLine = startsLine || (run.flags & GlyphRun::StartsLine) != 0;
    if ((run.flags & GlyphRun::Invisible) != 0) continue;
    kept.push_back(run);
    if (startsLine) kept.back().flags |= GlyphRun::StartsLine;
    startsLine = false;
  }
  return kept;
}

// All that follows from the text alone: the words, their sum, their neighbours, their place.
// `local` is in the page's text, on boundaries.
Citation cite(RevisionId revision, const StoredPage& stored, TextSpan local) {
  const std::string_view text = stored.page.text;
  Citation citation;
  citation.revision = revision;
  citation.span = local.shifted(stored.byteStart);
  citation.quote = cut(text, local);
  citation.quoteSha256 = sha256(citation.quote);
  int64_t prefix = std::max<int64_t>(local.begin - kContextBytes, 0);
  while (!utf8::isBoundary(text, prefix)) ++prefix;
  citation.prefix = cut(text, {prefix, local.begin});
  const int64_t end = static_cast<int64_t>(text.size());
  citation.suffix =
      cut(text, {local.end, boundaryBefore(text, std::min(local.end + kContextBytes, end))});
  citation.page = stored.page.number;
  citation.rects = rectsOf(visible(stored.page.runs), text, local);
  return citation;
}

// Formats without pages of their own (plain text) have no places; where there are places, something
// must be seen.
bool isVisible(const Citation& citation, const StoredPage& stored) {
  return stored.page.runs.empty() || !citation.rects.empty();
}

bool isInside(const StoredPage& stored, TextSpan span) {
  const std::string_view text = stored.page.text;
  const TextSpan local = span.shifted(-stored.byteStart);
  return !local.isEmpty() && TextSpan{0, static_cast<int64_t>(text.size())}.contains(local) &&
         utf8::isBoundary(text, local.begin) && utf8::isBoundary(text, local.end);
}

}  // namespace

Result<Citation> makeCitation(Library& library,
                              RevisionId revision,
                              TextSpan span,
                              CitationMethod method) {
  const Error nothing{ErrorCode::NotFound,
                      "These bytes hold no words of one page that could be quoted."};
  if (span.isEmpty() || span.begin < 0) return nothing;
  const std::string text = TRY(library.text(revision, span));
  if (static_cast<int64_t>(text.size()) != span.length() || !utf8::isValid(text)) return nothing;
  span = trimmed(text).shifted(span.begin);
  if (span.isEmpty()) return nothing;
  const StoredPage stored = TRY(library.pageAt(revision, span.begin));
  if (!isInside(stored, span)) return nothing;
  Citation citation = cite(revision, stored, span.shifted(-stored.byteStart));
  if (!isVisible(citation, stored)) return nothing;
  citation.method = method;
  return citation;
}

Result<std::string> verifyCitation(Library& library, const StoredCitation& stored) {
  const Citation& claimed = stored.citation;
  Result<RevisionInfo> revision = library.revision(claimed.revision);
  if (!revision.has_value()) {
    if (revision.error().code != ErrorCode::NotFound) return std::move(revision).error();
    return std::string("The text that it quotes is no longer in the library.");
  }
  if (!revision->sealed) return std::string("The text that it quotes was not read to its end.");
  Result<StoredPage> page = library.pageAt(claimed.revision, claimed.span.begin);
  if (!page.has_value()) {
    if (page.error().code != ErrorCode::NotFound) return std::move(page).error();
    return std::string("It points outside the text.");
  }
  if (!isInside(*page, claimed.span)) {
    return std::string("It does not point at whole characters inside one page.");
  }
  const Citation actual = cite(claimed.revision, *page, claimed.span.shifted(-page->byteStart));
  if (actual.quote != claimed.quote) {
    return std::string("The quoted words are not those of the text at that place.");
  }
  if (actual.quoteSha256 != claimed.quoteSha256) {
    return std::string("The checksum is not that of the quoted words.");
  }
  if (actual.prefix != claimed.prefix || actual.suffix != claimed.suffix) {
    return std::string("The words before and after it are not those of the text.");
  }
  if (actual.page != claimed.page) return std::string("The quoted words are on another page.");
  if (!isVisible(actual, *page)) return std::string("Nothing of it can be seen on the page.");
  if (actual.rects != claimed.rects) {
    return std::string("The rectangles are not where the page has these words.");
  }
  return std::string();
}

}  // namespace lectern
