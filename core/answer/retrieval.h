// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/question.h"
#include "core/answer/ranking.h"
#include "core/library/library.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lectern {

/// Inverse frequencies from the library's index, asked once a word. A fault of the database is kept
/// and every later weight is 0: ask `status` behind the last use.
class LibraryWeights {
 public:
  explicit LibraryWeights(Library& library) : library_(library) {}
  double operator()(std::string_view foldedWord);
  [[nodiscard]] const Result<void>& status() const { return status_; }

 private:
  Library& library_;
  int64_t totalSegments_ = -1;
  std::unordered_map<std::string, double> known_;
  Result<void> status_;
};

/// A candidate and the segments it consists of: one, or those that one sentence was cut into.
struct Found {
  Candidate candidate;
  std::vector<StoredSegment> parts;
};

/// Whether it can be an answer: no heading, nothing that stands on every page, no line of a table
/// of contents (dots lead to its page number).
bool isQuotable(const StoredSegment& segment);

/// The segments that search finds for a question, and those of the passages it finds: sentences,
/// list items, rows, captions and code. Thread: that of `library`.
Result<std::vector<Found>> findCandidates(Library& library,
                                          const Question& question,
                                          const std::vector<RevisionId>& scope);

/// All that could be found there, in the order of the documents.
Result<std::vector<Found>> allCandidates(Library& library, const std::vector<RevisionId>& scope);

/// The candidates judged, best first.
std::vector<Judged> rank(const Question& question, const std::vector<Found>& found);

}  // namespace lectern
