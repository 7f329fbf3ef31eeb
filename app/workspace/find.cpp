// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/find.h"

#include "core/base/utf8.h"
#include "core/text/characters.h"
#include "core/unicode/fold.h"

#include <algorithm>
#include <utility>

namespace lectern {

namespace {

/// For each letter of the folded text whether it was a capital one; what has no case is left out.
/// A ligature counts as often as it has letters, so that "ﬁ" compares with "fi".
std::string casesOf(std::string_view text) {
  std::string cases;
  const auto size = static_cast<int64_t>(text.size());
  for (int64_t i = 0; i < size;) {
    const utf8::Decoded decoded = utf8::decode(text, i);
    const bool upper = text::isUpper(decoded.codePoint);
    if (upper || text::isLower(decoded.codePoint)) {
      const std::string folded =
          unicode::fold(text.substr(static_cast<size_t>(i), static_cast<size_t>(decoded.length)));
      cases.append(static_cast<size_t>(utf8::length(folded)), upper ? 'U' : 'l');
    }
    i += decoded.length;
  }
  return cases;
}

}  // namespace

TextFinder::TextFinder(std::string_view words, bool matchCase) : folded_(unicode::fold(words)) {
  if (folded_ == " ") folded_.clear();
  if (matchCase) cases_ = casesOf(words);
}

std::vector<TextSpan> TextFinder::in(std::string_view text) const {
  std::vector<TextSpan> spans;
  if (isEmpty()) return spans;
  const unicode::Folded folded = unicode::foldWithOrigin(text);
  size_t from = 0;
  while ((from = folded.text.find(folded_, from)) != std::string::npos) {
    const auto begin = static_cast<int64_t>(from);
    const TextSpan span =
        folded.originalSpan({begin, begin + static_cast<int64_t>(folded_.size())});
    const bool agrees =
        cases_.empty() || casesOf(text.substr(static_cast<size_t>(span.begin),
                                              static_cast<size_t>(span.length()))) == cases_;
    if (agrees && (spans.empty() || spans.back().end <= span.begin)) spans.push_back(span);
    from += agrees ? folded_.size() : 1;
  }
  return spans;
}

DocumentSearch::DocumentSearch(RevisionId revision, const FindQuery& query)
    : revision_(revision),
      finder_(query.words, query.matchCase),
      firstPage_(std::max(1, query.fromPage)) {}

FindProgress DocumentSearch::step(Library& library, std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  FindProgress progress;
  const auto search = [&]() -> Result<void> {
    if (pageCount_ < 0) pageCount_ = TRY(library.revision(revision_)).pagesStored;
    while (searched_ < pageCount_ && !finder_.isEmpty()) {
      const int number = (firstPage_ - 1 + searched_) % pageCount_ + 1;
      const StoredPage page = TRY(library.page(revision_, number));
      if (auto spans = finder_.in(page.page.text); !spans.empty()) {
        progress.found.push_back({number, std::move(spans)});
      }
      ++searched_;
      if (std::chrono::steady_clock::now() >= until) return {};
    }
    progress.ended = true;
    return {};
  }();
  if (!search) {
    progress.error = search.error();
    progress.ended = true;
  }
  progress.ended = progress.ended || searched_ >= pageCount_;
  progress.pagesSearched = searched_;
  return progress;
}

}  // namespace lectern
