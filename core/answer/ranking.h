// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/question.h"

#include <string>
#include <vector>

namespace lectern {

/// A sentence, row or list item that may answer, and what search says of it.
struct Candidate {
  std::string text;
  std::string header;  ///< of its passage: title › headings › first sentence
  double bm25 = 0;     ///< as a share of the best found, 0..1
};

/// What speaks for a candidate, each 0..1; or what each of these counts. "Words" are the question's
/// content words by their weights.
struct Signs {
  double own = 0;     ///< share of the words that stand in the text, whatever their ending
  double exact = 0;   ///< share that stands in it as it was asked
  double header = 0;  ///< share that only the header has
  double bm25 = 0;    ///< of the text, among its like
  double asked = 0;   ///< 1 if it has a date, a name, a number where the question asks for one
};

/// The weighted sum.
double scoreOf(const Signs& signs, const Signs& weights);

/// Found by random search on generated and written questions, then rounded; tests/bench/answer_eval
/// prints what each is worth. Nearness and order of the words, the passage's BM25, the neighbours'
/// words, brevity and "is a whole sentence" were tried and brought nothing.
inline constexpr Signs kWeights{1, 0.5, 0.5, 0.4, 0.2};

/// How well a candidate answers.
struct Judged {
  int candidate = 0;
  double score = 0;        ///< 0..1; orders the candidates
  bool hasPhrases = true;  ///< all of the question's, as they stand
  double coverage = 0;     ///< own words, and half of those that only the header has
  Signs signs;
  std::vector<std::string> missing;         ///< words that neither it nor its header has
  std::vector<std::string> missingGuarded;  ///< likewise, of the guarded; "not" for a negation
};

/// Judges the candidates, best first; those without the question's phrases come last. Pure.
std::vector<Judged> rank(const Question& question, const std::vector<Candidate>& candidates);

}  // namespace lectern
