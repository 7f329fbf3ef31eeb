// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/content_words.h"
#include "core/document/citation.h"

#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// A place that may support a claim: a segment found by search, or one that the model looked at.
struct Source {
  std::string_view text;
  double bm25 = 0;       ///< of the claim's words, as a share of the best source's; 0..1
  double attention = 0;  ///< share of the model's attention to the documents, 0..1; 0: no model
};

/// A part of a source that supports part of a claim.
struct Support {
  int source = 0;       ///< index
  TextSpan span;        ///< in the source's text
  double coverage = 0;  ///< share of the claim's weighted words in the source, 0..1
};

/// What the words of the sources say for a claim (citations.md 1.4 and 1.7, text alone).
struct Evidence {
  Grade grade = Grade::Uncited;
  double coverage = 0;  ///< of all supports together
  double score = 0;     ///< 0..1
  int exactWords = 0;   ///< the longest run of the claim's words that stands in one support
  /// Words that count and that no support has; a negation that is on one side only is "not".
  std::vector<std::string> missing;
  std::vector<Support> supports;  ///< at most three, best first; empty when uncited or exempt
};

/// Grades a sentence against the sources, by words: it is lexical support, not entailment.
/// Attention decides between sources with nearly the same words and adds to the score; by itself it
/// supports nothing.
///
///   coverage = sum of the weights of the claim's content words that stand in the supports
///              / sum of all                                          numbers count double
///   supports   greedily, the source that adds the most, while it adds 0.08 or a guarded word
///   score    = 1 / (1 + exp(4 - 5 coverage - 3 min(exactWords, 12)/12 - guards - 0.5 bm25
///                               - 1.25 attention))         half of 2.5: no head was calibrated
///
///   verbatim   at least 8 words in a row stand in a support, coverage >= 0.8, guards hold
///   matched    coverage >= 0.6, score >= 0.7, guards hold
///   related    score >= 0.4, or a guard failed at coverage >= 0.6
///   exempt     a question, or nothing but function words
///
/// Guards: every guarded word (see ContentWord) stands in a support, and the claim has a negation
/// or an exclusion ("not", "only") exactly if the supports have one. A source longer than 200 bytes
/// is cut to the shortest run of whole words that keeps 95 % of its coverage; the guards look at
/// the whole of it, so that no cut loses a "not".
///
/// Pure; ten milliseconds for 150 sources. Thread: any.
Evidence gradeClaim(std::string_view claim,
                    const std::vector<Source>& sources,
                    const WordWeight& weight);

}  // namespace lectern
