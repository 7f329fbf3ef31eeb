// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/retrieval.h"

#include <algorithm>
#include <map>
#include <utility>

namespace lectern {

namespace {

constexpr int kSegmentHits = 50;
constexpr int kPassageHits = 12;
constexpr int kBeside = 3;

using Place = std::pair<RevisionId, int>;  // a segment

struct Gathered {
  std::map<Place, StoredSegment> segments;
  std::map<Place, double> bm25;  // of the segments that search found
  std::vector<PassageHit> passages;
};

bool isQuotable(SegmentKind kind) {
  return kind != SegmentKind::Heading && kind != SegmentKind::Furniture;
}

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

// Header and search result of the passage around a segment; nothing where no such passage was
// found.
const PassageHit* passageOf(const Gathered& gathered, const StoredSegment& segment) {
  for (const PassageHit& hit : gathered.passages) {
    if (hit.revision == segment.revision && hit.passage.firstSegment <= segment.number &&
        segment.number <= hit.passage.lastSegment) {
      return &hit;
    }
  }
  return nullptr;
}

// A segment and those that its sentence goes on with, over a page's end and its furniture.
struct Sentence {
  std::vector<StoredSegment> parts;
  bool followsTheLast = false;  // nothing but furniture stands between
};

std::vector<Sentence> joined(const std::map<Place, StoredSegment>& segments) {
  std::vector<Sentence> sentences;
  Place expected{RevisionId{}, -1};
  bool unbroken = false;
  for (const auto& [place, segment] : segments) {
    unbroken = (unbroken || segment.segment.kind != SegmentKind::Furniture) && place == expected;
    expected = {place.first, place.second + 1};
    if (segment.segment.kind == SegmentKind::Furniture) continue;
    if (unbroken && segment.segment.continues) {
      sentences.back().parts.push_back(segment);
    } else {
      sentences.push_back({{segment}, unbroken});
    }
    unbroken = true;
  }
  return sentences;
}

std::string textOf(const Sentence& sentence) {
  std::string text;
  for (const StoredSegment& part : sentence.parts) text += (text.empty() ? "" : " ") + part.text;
  return text;
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

Result<std::vector<Found>> findCandidates(Library& library,
                                          const Question& question,
                                          const std::vector<RevisionId>& scope) {
  const Gathered gathered = TRY(gather(library, question.searchWords, scope));
  std::vector<Sentence> sentences = joined(gathered.segments);

  double bestSegment = 0;
  for (const auto& [place, bm25] : gathered.bm25) bestSegment = std::max(bestSegment, bm25);
  const double bestPassage = gathered.passages.empty() ? 0 : gathered.passages.front().bm25;
  std::vector<Found> all;
  for (size_t i = 0; i < sentences.size(); ++i) {
    if (!isQuotable(sentences[i].parts.front().segment.kind)) continue;
    Found found;
    found.candidate.text = textOf(sentences[i]);
    if (sentences[i].followsTheLast) found.candidate.around = textOf(sentences[i - 1]);
    if (i + 1 < sentences.size() && sentences[i + 1].followsTheLast) {
      found.candidate.around += '\n' + textOf(sentences[i + 1]);
    }
    for (const StoredSegment& part : sentences[i].parts) {
      const auto hit = gathered.bm25.find({part.revision, part.number});
      if (hit == gathered.bm25.end() || bestSegment <= 0) continue;
      found.candidate.bm25 = std::max(found.candidate.bm25, hit->second / bestSegment);
    }
    if (const PassageHit* passage = passageOf(gathered, sentences[i].parts.front())) {
      found.candidate.header = passage->passage.header;
      if (bestPassage > 0) found.candidate.passageBm25 = passage->bm25 / bestPassage;
    }
    found.parts = sentences[i].parts;
    all.push_back(std::move(found));
  }
  return all;
}

}  // namespace lectern
