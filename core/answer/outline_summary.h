// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/library/library.h"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {

/// One section of a document with the sentences that stand for it.
struct SectionSummary {
  std::vector<std::string> headingPath;  ///< from the highest; empty before the first heading
  int firstPage = 0;
  int lastPage = 0;
  std::vector<Citation> sentences;  ///< in document order
};

struct OutlineOptions {
  int sentencesPerSection = 2;
  int maxSections = 40;  ///< deeper levels are folded into their parent until it holds
};

/// Hears of each section when it is done, of those without a sentence too; `done` counts it.
using SectionSink = std::function<void(const SectionSummary& section, int done, int total)>;

/// The model-free summary (citations.md 4, step 1): for each section its most central sentences
/// (TextRank over IDF-weighted cosine, with a bonus for the lead and for cue words), each cited.
/// Errors: NotFound for a revision without text; Cancelled. Thread: that of `library`.
Result<std::vector<SectionSummary>> summarizeOutline(Library& library,
                                                     RevisionId revision,
                                                     const OutlineOptions& options,
                                                     std::stop_token stop,
                                                     const SectionSink& sink = {});

}  // namespace lectern
