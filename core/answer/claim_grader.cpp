// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/claim_grader.h"

#include "core/answer/citation_resolver.h"
#include "core/answer/evidence.h"

#include <algorithm>
#include <unordered_map>

namespace lectern {

namespace {

// Of a sentence that shares half of its content words with its source the source is among the first
// five (citations.md 1.4); more of them cost time and find nothing.
constexpr size_t kSearched = 32;
// Besides them, where runs of its words stand: function words in a row say what no search weighs.
constexpr size_t kExact = 32;

struct Candidates {
  std::vector<int32_t> segments;
  std::vector<Source> sources;
  size_t found = 0;  // so many come from the text, the others only from attention
};

Candidates candidatesFor(std::string_view sentence,
                         const std::vector<AttentionEvidence::Share>& looked,
                         const DocumentContext& documents,
                         const ContextIndex& index,
                         const WordWeight& weight) {
  const std::vector<ContentWord> words = contentWords(sentence, unicode::words(sentence), weight);
  const std::vector<ContextIndex::Hit> hits = index.search(words, kSearched);
  Candidates candidates;
  std::unordered_map<int32_t, size_t> known;
  const auto add = [&](int32_t segment, double bm25, double attention) {
    const auto [at, isNew] = known.emplace(segment, candidates.sources.size());
    if (isNew) {
      candidates.segments.push_back(segment);
      candidates.sources.push_back({documents.segmentTexts[static_cast<size_t>(segment)], bm25, 0});
    }
    Source& source = candidates.sources[at->second];
    source.attention = std::max(source.attention, attention);
  };
  for (const ContextIndex::Hit& hit : hits) {
    add(hit.segment, hit.bm25 / hits.front().bm25, 0);
  }
  for (const int32_t segment : index.exactPlaces(sentence, kExact)) add(segment, 0, 0);
  candidates.found = candidates.segments.size();
  for (const AttentionEvidence::Share& share : looked) add(share.segment, 0, share.share);
  return candidates;
}

}  // namespace

Result<Claim> ClaimGrader::grade(std::string_view sentence,
                                 const std::vector<AttentionEvidence::Share>& looked) const {
  const WordWeight weight = [this](std::string_view word) { return index_.weight(word); };
  const Candidates candidates = candidatesFor(sentence, looked, documents_, index_, weight);
  const Evidence evidence = gradeClaim(sentence, candidates.sources, weight);

  Claim claim;
  claim.grade = evidence.grade;
  claim.coverage = evidence.coverage;
  claim.missing = evidence.missing;
  for (const Support& support : evidence.supports) {
    const auto chosen = static_cast<size_t>(support.source);
    const ContextSegment& segment =
        documents_.context->segments[static_cast<size_t>(candidates.segments[chosen])];
    const RevisionId revision =
        documents_.context->items[static_cast<size_t>(segment.item)].revision;
    const CitationMethod method =
        chosen < candidates.found ? CitationMethod::Align : CitationMethod::Attention;
    Result<Citation> citation =
        makeCitation(library_, revision, support.span.shifted(segment.bytes.begin), method);
    if (!citation.has_value()) {
      if (citation.error().code == ErrorCode::NotFound) continue;
      return std::move(citation).error();
    }
    citation->coverage = support.coverage;
    citation->score = evidence.score;
    if (!looked.empty()) citation->attention = candidates.sources[chosen].attention;
    claim.citations.push_back(std::move(*citation));
  }
  if (claim.citations.empty() && claim.grade != Grade::Exempt) claim.grade = Grade::Uncited;
  return claim;
}

}  // namespace lectern
