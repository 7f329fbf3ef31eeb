// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_model.h"
#include "core/answer/finder_score.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lectern {

// How well a Finder chooses, on tasks that resources/models/pocket/train/evaluate.py writes: a
// question, the segments to choose from, and which of them answer it. Thread: any, but one at a
// time for each model.

struct FinderTask {
  std::string set;           ///< what is counted together: "facts", "search+cloze"
  std::string kind;          ///< within it: "facts", "search", "cloze"
  bool forChoosing = false;  ///< of the validation set, which thresholds are chosen on
  std::string question;
  std::vector<std::string> segments;
  std::vector<std::string> rest;  ///< of the document, for a second search
  bool whole = false;             ///< that is all the rest
  std::vector<size_t> gold;       ///< those that answer, counted on in the rest; may be none at all
  bool absent = false;            ///< nothing answers
  bool ranked = true;             ///< segments come best first from a search
};

/// Reads a line of the tasks' file: a JSON object. Errors: InputRefused, naming the line.
Result<FinderTask> parseFinderTask(std::string_view line, int64_t number);

/// A segment (counted on in the rest) and what speaks for it, the first to be taken first.
using FinderOptionScore = std::pair<size_t, double>;

/// What search does alone: the segments as it ranks them, each with its coverage of the question;
/// below all thresholds where it lacks a guarded word.
std::vector<FinderOptionScore> searchScores(const FinderTask& task);

/// What speaks for the segments of a task, before it is weighed.
struct FinderHeard {
  std::vector<double> verdicts;
  FinderSigns signs;
  std::vector<FinderOptionScore> further;  ///< verdicts of later looks, where the first fails
};

/// Has the model read a task as answerWithFinder does. Errors: those of readFinderPrompt.
Result<FinderHeard> hearFinder(AnswerModel& model,
                               const FinderTask& task,
                               const std::stop_token& stop);
/// The segments as a layout weighs them, best first.
std::vector<FinderOptionScore> finderScores(const FinderLayout& layout, const FinderHeard& heard);
/// A line of the file from which resources/models/pocket/train/decision.py fits the weights.
std::string signsLine(const FinderTask& task, const FinderHeard& heard);

/// `right` of `of`, with its 95 % interval (Wilson 1927).
struct Share {
  int64_t right = 0;
  int64_t of = 0;
  void count(bool isRight) { right += isRight ? 1 : 0, ++of; }
  [[nodiscard]] double value() const;
  [[nodiscard]] std::pair<double, double> interval() const;
};

/// Tasks of one set with their scores.
struct ScoredTask {
  FinderTask task;
  std::vector<FinderOptionScore> scores;

  /// The first that comes to the threshold.
  [[nodiscard]] std::optional<size_t> choice(double threshold) const;
  /// Whether that answers; of an absent task, whether nothing is chosen.
  [[nodiscard]] bool isRight(double threshold) const;
};

/// The one at which most of the tasks for choosing come out right; the highest of equals.
double chooseThreshold(const std::vector<ScoredTask>& tasks);

/// What is asked of a Finder before it may answer by default.
struct FinderGates {
  Share all;
  Share facts;                         ///< "facts": the right segment
  Share search;                        ///< "search" and "cloze": the right segment
  Share precision;                     ///< of what it would not answer, how much was absent
  Share recall;                        ///< of what is absent, how much it would not answer
  Share support;                       ///< of all: absent, and yet answered
  std::map<std::string, Share> kinds;  ///< each kind, and its absent tasks as "KIND, absent"
};

/// Over the tasks that are not for choosing.
FinderGates gatesOf(const std::vector<ScoredTask>& tasks, double threshold);

/// By how much more of the same tasks come out right, as a share, and half the width of its 95 %
/// interval (paired).
std::pair<double, double> gainOver(const std::vector<ScoredTask>& base,
                                   double baseThreshold,
                                   const std::vector<ScoredTask>& better,
                                   double betterThreshold);

}  // namespace lectern
