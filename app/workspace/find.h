// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/document/text_span.h"
#include "core/library/library.h"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// Words that are looked for as they stand in a row, folded as everything else that is compared
/// (core/unicode/fold.h): ligatures, accents, soft hyphens, Arabic marks and tatweel and Hebrew
/// points make no difference. Words that a line's end cut are whole in a stored text already.
class TextFinder {
 public:
  /// `words` is well-formed UTF-8. With `matchCase` small and capital letters are told apart.
  TextFinder(std::string_view words, bool matchCase);

  /// True where there is nothing to look for: every text would have it everywhere.
  [[nodiscard]] bool isEmpty() const { return folded_.empty(); }
  /// Where they stand in a text, in order, none over another.
  [[nodiscard]] std::vector<TextSpan> in(std::string_view text) const;

 private:
  std::string folded_;
  std::string cases_;  // of the letters; empty where they do not matter
};

struct FindQuery {
  std::string words;  ///< UTF-8
  bool matchCase = false;
  int fromPage = 1;  ///< searched first; behind the last page it goes on with the first one
};

/// Where the words stand on one page.
struct PageHits {
  int page = 0;
  std::vector<TextSpan> spans;  ///< in the page's text, in order; at least one
};

/// What a search found since it was last heard of.
struct FindProgress {
  std::vector<PageHits> found;
  int pagesSearched = 0;  ///< in all
  bool ended = false;
  std::optional<Error> error;  ///< why it ended early
};

/// A search through a revision, page by page and a step at a time. Words that run over the end of a
/// page are not found. Thread: one at a time.
class DocumentSearch {
 public:
  DocumentSearch(RevisionId revision, const FindQuery& query);

  /// Searches on for about that long, but at least one page.
  FindProgress step(Library& library, std::chrono::milliseconds time);

 private:
  RevisionId revision_;
  TextFinder finder_;
  int firstPage_;
  int pageCount_ = -1;  // once it is known
  int searched_ = 0;
};

}  // namespace lectern
