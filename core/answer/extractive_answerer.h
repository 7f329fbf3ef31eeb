// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/library/library.h"

#include <stop_token>
#include <string_view>
#include <vector>

namespace lectern {

struct ExtractiveOptions {
  int maxQuotes = 3;
  /// Share of the question's weighted content words that a quoted segment must have, words that
  /// only its contextual header has counting half; below it the documents "do not say it".
  double minCoverage = 0.6;
  /// Share below which a quotation is only `related`: it may be what was asked for.
  double sureCoverage = 0.8;
};

/// Answers with sentences cut from the documents: no model, nothing made up. Candidates are the
/// best segments by BM25 and the segments of the best passages; `rank` orders them. Each quoted
/// sentence is a claim of its own, with a citation for each segment that it was cut into; the
/// claims stand in the text with an empty line between, best first. A claim's `coverage` is that of
/// the question, and its grade `verbatim`, or `related` where it is below `sureCoverage` or lacks a
/// number, a name, a date or the negation of the question; then `missing` names what it lacks.
/// What the documents do not say is said in one sentence, graded `notfound`, with the three nearest
/// places. Errors arrive as Failed: Usage for a question without a word to look for and for an
/// empty scope, Cancelled, NotFound, Storage. Thread: that of `library`.
///
/// The thresholds were chosen on generated and written questions (tests/bench/answer_eval).
void answerExtractively(Library& library,
                        std::string_view question,
                        const std::vector<RevisionId>& scope,
                        const ExtractiveOptions& options,
                        const AnswerSink& sink,
                        std::stop_token stop);

}  // namespace lectern
