// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/shortlist.h"

#include "core/answer/retrieval.h"

#include <algorithm>

namespace lectern {

namespace {

constexpr int kPassages = 200;
constexpr int kBeside = 1;  // segments on each side of a sentence
// What a segment costs besides its own tokens: its share of page marks and omissions.
constexpr int64_t kMarkTokens = 4;

}  // namespace

Result<Shortlist> Shortlist::find(Library& library,
                                  std::string_view text,
                                  const std::vector<RevisionId>& scope) {
  LibraryWeights weights(library);
  const Question question = analyzeQuestion(text, std::ref(weights));
  TRY(Result<void>(weights.status()));
  if (question.isEmpty()) {
    return Error{ErrorCode::Usage,
                 "The documents do not fit into the window of the model, and the question has only "
                 "words that stand in every text, so there is nothing to choose by. Name the thing "
                 "that you want to know something about, or ask fewer documents."};
  }
  const std::vector<Found> found = TRY(findCandidates(library, question, scope));
  const std::vector<Judged> judged = rank(question, found);
  const std::vector<PassageHit> passages =
      TRY(library.searchPassages(question.searchWords, scope, kPassages));

  Shortlist list;
  for (size_t i = 0; i < std::max(judged.size(), passages.size()); ++i) {
    if (i < judged.size()) {
      const std::vector<StoredSegment>& parts =
          found[static_cast<size_t>(judged[i].candidate)].parts;
      list.ranges_.push_back({parts.front().revision, std::max(parts.front().number - kBeside, 0),
                              parts.back().number + kBeside});
    }
    if (i < passages.size()) {
      list.ranges_.push_back({passages[i].revision, passages[i].passage.firstSegment,
                              passages[i].passage.lastSegment});
    }
  }
  return list;
}

Result<std::map<RevisionId, SegmentNumbers>> Shortlist::take(Library& library,
                                                             const text::Tokenizer& tokenizer,
                                                             int64_t tokens) const {
  std::map<RevisionId, SegmentNumbers> taken;
  for (const Range& range : ranges_) {
    SegmentNumbers added;
    int64_t cost = 0;
    const auto known = taken.find(range.revision);
    for (const StoredSegment& segment :
         TRY(library.segments(range.revision, range.first, range.last))) {
      if (known != taken.end() && known->second.contains(segment.number)) continue;
      cost += static_cast<int64_t>(tokenizer.encode(segment.text).size()) + kMarkTokens;
      added.insert(segment.number);
    }
    if (added.empty() || cost > tokens) continue;
    tokens -= cost;
    taken[range.revision].merge(added);
  }
  return taken;
}

}  // namespace lectern
