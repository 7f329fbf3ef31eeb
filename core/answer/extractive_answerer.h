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
  /// Share of the question's weighted content words that a quoted segment, with its header, must
  /// have; below it the documents "do not say it". Chosen on generated questions; tests/answer
  /// holds the figures.
  double minCoverage = 0.6;
};

/// Answers with sentences cut from the documents: no model, nothing made up. Candidates are the
/// best segments by BM25 and the segments of the best passages; they are ranked by BM25, weighted
/// word coverage (their contextual header counts half) and nearness of the words; guards (numbers,
/// names, negation of the question) cap the grade. Each quoted segment is a claim of its own.
/// Errors arrive as Failed. Thread: that of `library`.
void answerExtractively(Library& library,
                        std::string_view question,
                        const std::vector<RevisionId>& scope,
                        const ExtractiveOptions& options,
                        const AnswerSink& sink,
                        std::stop_token stop);

}  // namespace lectern
