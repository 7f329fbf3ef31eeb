// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/retrieval.h"

#include <algorithm>
#include <climits>
#include <map>
#include <utility>

namespace lectern {

namespace {

constexpr int kSegmentHits = 50;
constexpr int kPassageHits = 12;
constexpr int kBeside = 3;
constexpr size_t kMaxParts = 3;

using Place = std::pair<RevisionId, int>;  // a segment

struct Gathered {
  std::map<Place, StoredSegment> segments;
  std::map<Place, double> bm25;  // of the segments that search found
  std::vector<PassageHit> passages;
};

Result<void> fetch(Library& library, RevisionId revision, int first, int last, Gathered& gathered) {
  first = std::max(first, 0);
  const auto known = [&](int number) { return gathered.segments.contains({revision, number}); };
  while (first <= last && known(first)) ++first;
  while (first <= last && known(last)) --last;
  if (first > last) return {};
  for (StoredSegment& segment : TRY(library.segments(revision, first, last))) {
    gathered.segments.insert_or_assign({revision, segment.number}, std::move(segment));
  }
  return {};
}

Result<Gathered> gather(Library& library,
                        const std::vector<std::string>& words,
                        const std::vector<RevisionId>& scope) {
  Gathered gathered;
  for (SegmentHit& hit : TRY(library.searchSegments(words, scope, kSegmentHits))) {
    const Place place{hit.found.revision, hit.found.number};
    gathered.bm25[place] = hit.bm25;
    gathered.segments[place] = std::move(hit.found);
  }
  gathered.passages = TRY(library.searchPassages(words, scope, kPassageHits));
  for (const PassageHit& hit : gathered.passages) {
    TRY(fetch(library, hit.revision, hit.passage.firstSegment, hit.passage.lastSegment, gathered));
  }
  // Beside each hit, what a sentence that was cut in two goes on with, behind a footer and a
  // header.
  for (const auto& [place, bm25] : gathered.bm25) {
    TRY(fetch(library, place.first, place.second - kBeside, place.second + kBeside, gathered));
  }
  return gathered;
}

// Each segment with those that its sentence goes on with, over a page's end and its furniture. Text
// without any sentence's end is not put together again.
std::vector<std::vector<StoredSegment>> joined(const std::map<Place, StoredSegment>& segments) {
  std::vector<std::vector<StoredSegment>> sentences;
  Place expected{RevisionId{}, -1};
  bool unbroken = false;  // nothing but furniture stands behind the last sentence
  for (const auto& [place, segment] : segments) {
    unbroken = unbroken && place == expected;
    expected = {place.first, place.second + 1};
    if (segment.segment.kind == SegmentKind::Furniture) continue;
    if (unbroken && segment.segment.continues && sentences.back().size() < kMaxParts) {
      sentences.back().push_back(segment);
    } else {
      sentences.push_back({segment});
    }
    unbroken = true;
  }
  return sentences;
}

Found foundOf(std::vector<StoredSegment> parts, const Gathered& gathered, double bestBm25) {
  Found found;
  Candidate& candidate = found.candidate;
  for (const StoredSegment& part : parts) {
    candidate.text += (candidate.text.empty() ? "" : " ") + part.text;
    const auto hit = gathered.bm25.find({part.revision, part.number});
    if (hit != gathered.bm25.end() && bestBm25 > 0) {
      candidate.bm25 = std::max(candidate.bm25, hit->second / bestBm25);
    }
  }
  for (const PassageHit& hit : gathered.passages) {
    const StoredSegment& first = parts.front();
    if (hit.revision == first.revision && hit.passage.firstSegment <= first.number &&
        first.number <= hit.passage.lastSegment) {
      candidate.header = hit.passage.header;
    }
  }
  found.parts = std::move(parts);
  return found;
}

std::vector<Found> candidatesOf(const Gathered& gathered) {
  double bestBm25 = 0;
  for (const auto& [place, bm25] : gathered.bm25) bestBm25 = std::max(bestBm25, bm25);
  std::vector<Found> all;
  for (std::vector<StoredSegment>& parts : joined(gathered.segments)) {
    if (!isQuotable(parts.front())) continue;
    all.push_back(foundOf(std::move(parts), gathered, bestBm25));
  }
  return all;
}

}  // namespace

double LibraryWeights::operator()(std::string_view foldedWord) {
  if (!status_.has_value()) return 0;
  const std::string word(foldedWord);
  if (const auto known = known_.find(word); known != known_.end()) return known->second;
  if (totalSegments_ < 0) {
    const Result<int64_t> total = library_.totalSegments();
    if (!total.has_value()) {
      status_ = total.error();
      return 0;
    }
    totalSegments_ = *total;
  }
  const Result<int64_t> with = library_.segmentFrequency(foldedWord);
  if (!with.has_value()) {
    status_ = with.error();
    return 0;
  }
  return known_[word] = inverseFrequency(totalSegments_, *with);
}

bool isQuotable(const StoredSegment& segment) {
  if (segment.segment.kind == SegmentKind::Heading ||
      segment.segment.kind == SegmentKind::Furniture) {
    return false;
  }
  return segment.text.find(". . . .") == std::string::npos &&
         segment.text.find(".....") == std::string::npos;
}

Result<std::vector<Found>> findCandidates(Library& library,
                                          const Question& question,
                                          const std::vector<RevisionId>& scope) {
  return candidatesOf(TRY(gather(library, question.searchWords, scope)));
}

Result<std::vector<Found>> allCandidates(Library& library, const std::vector<RevisionId>& scope) {
  Gathered gathered;
  for (const RevisionId revision : scope) TRY(fetch(library, revision, 0, INT_MAX, gathered));
  return candidatesOf(gathered);
}

std::vector<Judged> rank(const Question& question, const std::vector<Found>& found) {
  std::vector<Candidate> candidates;
  candidates.reserve(found.size());
  for (const Found& one : found) candidates.push_back(one.candidate);
  return rank(question, candidates);
}

}  // namespace lectern
