// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/scope.h"

#include "core/answer/citation_resolver.h"
#include "core/base/check.h"
#include "core/unicode/fold.h"

#include <algorithm>
#include <unordered_set>

namespace lectern {

namespace {

constexpr size_t kNearest = 3;

}  // namespace

const std::string& Scope::titleOf(RevisionId revision) const {
  const auto at = std::find(revisions.begin(), revisions.end(), revision);
  LECTERN_CHECK(at != revisions.end());
  return titles[static_cast<size_t>(at - revisions.begin())];
}

Result<Scope> readScope(Library& library, const std::vector<RevisionId>& revisions) {
  if (revisions.empty()) {
    return Error{ErrorCode::Usage, "There is no document to look in. Add one first."};
  }
  Scope scope;
  for (const RevisionId id : revisions) {
    RevisionInfo info = TRY(library.revision(id));
    ReadingReport& reading = scope.reading;
    if (info.sealed) {
      const int64_t unread = info.pagesSkipped + info.pagesImageOnly;
      reading.documents += 1;
      reading.segments += info.segments;
      reading.pagesRead += info.pagesStored - unread;
      reading.pagesUnread += unread;
    } else {
      reading.unfinished += 1;
      reading.unfinishedRead += info.pagesStored;
      reading.unfinishedPages += info.document.pageCount;
    }
    scope.revisions.push_back(id);
    const bool named = !info.document.title.empty() || info.locations.empty();
    scope.titles.push_back(named ? info.document.title
                                 : info.locations.front().filename().string());
    scope.infos.push_back(std::move(info));
  }
  return scope;
}

Result<std::vector<Citation>> quotationOf(Library& library, const Found& found, double score) {
  std::vector<Citation> citations;
  for (const StoredSegment& part : found.parts) {
    Result<Citation> made =
        makeCitation(library, part.revision, part.segment.span, CitationMethod::Quote);
    if (!made.has_value()) {
      if (made.error().code == ErrorCode::NotFound) continue;
      return std::move(made).error();
    }
    made->coverage =
        static_cast<double>(part.text.size()) / static_cast<double>(found.candidate.text.size());
    made->score = score;
    citations.push_back(std::move(*made));
  }
  return citations;
}

Result<std::vector<NearestPassage>> nearestPassages(Library& library,
                                                    const Scope& scope,
                                                    const std::vector<Found>& found,
                                                    const std::vector<Judged>& judged) {
  std::vector<NearestPassage> nearest;
  std::unordered_set<std::string> seen;
  for (const Judged& near : judged) {
    if (nearest.size() == kNearest) break;
    if (near.coverage <= 0) continue;
    const Found& place = found[static_cast<size_t>(near.candidate)];
    if (!seen.insert(unicode::fold(place.candidate.text)).second) continue;
    std::vector<Citation> citations = TRY(quotationOf(library, place, near.score));
    if (citations.empty()) continue;
    nearest.push_back({std::move(citations.front()), scope.titleOf(place.parts.front().revision)});
  }
  return nearest;
}

std::string_view notFoundText(const ReadingReport& reading) {
  if (reading.pagesRead > 0) return kNotFoundText;
  if (reading.unfinished > 0 && reading.documents == 0) return kUnfinishedText;
  return kUnreadableText;
}

void sayNotFound(const ReadingReport& reading, const AnswerSink& sink) {
  const std::string_view text = notFoundText(reading);
  Claim claim;
  claim.grade = Grade::NotFound;
  claim.span = {0, static_cast<int64_t>(text.size())};
  sink(Text{std::string(text)});
  sink(Cited{std::move(claim)});
}

Error nothingToLookFor() {
  return {ErrorCode::Usage,
          "The question has only words that stand in every text, so there is nothing to look for. "
          "Name the thing that you want to know something about."};
}

}  // namespace lectern
