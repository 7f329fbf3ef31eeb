// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/answer/retrieval.h"
#include "core/library/library.h"

#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// The documents that a question is asked of, as the library has them.
struct Scope {
  std::vector<RevisionId> revisions;
  std::vector<std::string> titles;  ///< what they are called: the title, else the file's name
  std::vector<RevisionInfo> infos;
  ReadingReport reading;  ///< how many pages and segments there are; nothing of a reading yet

  [[nodiscard]] const std::string& titleOf(RevisionId revision) const;
};

/// Errors: Usage for no document at all; NotFound, Storage.
Result<Scope> readScope(Library& library, const std::vector<RevisionId>& revisions);

/// A provable quotation of a candidate: one citation for each of its parts that can be seen on its
/// page, in order; their `coverage` is the part's share of the text.
Result<std::vector<Citation>> quotationOf(Library& library, const Found& found, double score);

/// The three places that came nearest to a question that nothing answers; `judged` orders `found`.
Result<std::vector<NearestPassage>> nearestPassages(Library& library,
                                                    const Scope& scope,
                                                    const std::vector<Found>& found,
                                                    const std::vector<Judged>& judged);

/// What is said, and stored, where the documents do not say it.
inline constexpr std::string_view kNotFoundText = "The documents do not say it.";
/// The same where there was no page to look at: what is not read to its end is not searched, and
/// of the rest no page has text.
inline constexpr std::string_view kUnfinishedText =
    "Nothing was searched: a document is searched once it is read to its end. Let it be read to "
    "the end, then ask again.";
inline constexpr std::string_view kUnreadableText =
    "Nothing was searched: no page has text that could be read. Add the documents in a form that "
    "has text, then ask again.";
/// Which of them it is.
std::string_view notFoundText(const ReadingReport& reading);
/// Says it, as a claim of grade NotFound; nothing was said before.
void sayNotFound(const ReadingReport& reading, const AnswerSink& sink);

/// Usage: a question without a word to look for.
Error nothingToLookFor();

}  // namespace lectern
