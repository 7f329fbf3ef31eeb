// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/question.h"

#include <string>
#include <vector>

namespace lectern {

/// A sentence, row or list item that may answer, and what search says of it.
struct Candidate {
  std::string text;
  std::string header;      ///< of its passage: title › headings › first sentence
  std::string around;      ///< the segments before and after it
  double bm25 = 0;         ///< as a share of the best found, 0..1
  double passageBm25 = 0;  ///< of its passage, likewise
};

/// What each sign counts.
struct RankWeights {
  double headerShare = 0.5;  ///< a word only in the header counts so much of one in the text
  double aroundShare = 0.25;
  double coverage = 1;
  double bm25 = 0.3;
  double passage = 0.1;
  double proximity = 0.1;
  double order = 0.1;
  double brevity = 0.1;
  double asked = 0.1;
};

/// How well a candidate answers.
struct Judged {
  int candidate = 0;
  double score = 0;
  double coverage = 0;  ///< share of the question's weighted words, header and neighbours included
  double own = 0;       ///< share in the text alone
  std::vector<std::string> missing;  ///< guarded words of the question that it has nowhere
};

/// Judges the candidates, best first. Those without the question's phrases are left out. Pure.
std::vector<Judged> rank(const Question& question,
                         const std::vector<Candidate>& candidates,
                         const RankWeights& weights = {});

}  // namespace lectern
