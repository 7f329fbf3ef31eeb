// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/extractive_answerer.h"

#include "core/answer/citation_resolver.h"
#include "core/answer/retrieval.h"
#include "core/base/utf8.h"
#include "core/unicode/fold.h"

#include <algorithm>
#include <unordered_set>

namespace lectern {

namespace {

constexpr size_t kNearest = 3;
// A further quotation must come this near to the first, or it only dilutes the answer.
constexpr double kNearBest = 0.85;

struct Scope {
  std::vector<RevisionId> revisions;
  std::vector<std::string> titles;
  ReadingReport reading;
};

Result<Scope> readScope(Library& library, const std::vector<RevisionId>& ids) {
  Scope scope;
  scope.reading.engine = "extractive";
  for (const RevisionId id : ids) {
    const RevisionInfo info = TRY(library.revision(id));
    const int64_t unread = info.pagesSkipped + info.pagesImageOnly;
    scope.reading.documents += 1;
    scope.reading.segments += info.segments;
    // Of a document that is still being read nothing is searched yet.
    scope.reading.pagesRead += info.sealed ? info.pagesStored - unread : 0;
    scope.reading.pagesUnread += info.sealed ? unread : info.document.pageCount;
    scope.revisions.push_back(id);
    const bool named = !info.document.title.empty() || info.locations.empty();
    scope.titles.push_back(named ? info.document.title
                                 : info.locations.front().filename().string());
  }
  return scope;
}

class Answer {
 public:
  Answer(Library& library,
         const Scope& scope,
         const ExtractiveOptions& options,
         const AnswerSink& sink)
      : library_(library), scope_(scope), options_(options), sink_(sink) {}

  // False where nothing of the candidate is to be seen on its page.
  Result<bool> quote(const Found& found, const Judged& judged) {
    Claim claim;
    claim.coverage = judged.coverage;
    const bool sure = judged.missingGuarded.empty() && judged.coverage >= options_.sureCoverage;
    claim.grade = sure ? Grade::Verbatim : Grade::Related;
    if (!sure) {
      claim.missing = judged.missingGuarded;
      claim.missing.insert(claim.missing.end(), judged.missing.begin(), judged.missing.end());
    }
    claim.citations = TRY(cite(found, judged.score));
    if (claim.citations.empty()) return false;
    std::string text = length_ == 0 ? "" : "\n\n";
    claim.span.begin = length_ + static_cast<int64_t>(text.size());
    text += found.candidate.text;
    say(std::move(text));
    claim.span.end = length_;
    sink_(Cited{std::move(claim)});
    return true;
  }

  Result<void> finish() {
    sink_(Finished{true, scope_.reading, {}});
    return {};
  }

  Result<void> finishUnanswered(const std::vector<Found>& found,
                                const std::vector<Judged>& judged) {
    Finished finished{false, scope_.reading, {}};
    std::unordered_set<std::string> seen;
    for (const Judged& near : judged) {
      if (finished.nearest.size() == kNearest) break;
      if (near.coverage <= 0) continue;
      const Found& place = found[static_cast<size_t>(near.candidate)];
      if (!seen.insert(unicode::fold(place.candidate.text)).second) continue;
      std::vector<Citation> citations = TRY(cite(place, near.score));
      if (citations.empty()) continue;
      finished.nearest.push_back({std::move(citations.front()), titleOf(place)});
    }
    Claim claim;
    claim.grade = Grade::NotFound;
    say("The documents do not say it.");
    claim.span = {0, length_};
    sink_(Cited{std::move(claim)});
    sink_(std::move(finished));
    return {};
  }

 private:
  void say(std::string text) {
    length_ += static_cast<int64_t>(text.size());
    sink_(Text{std::move(text)});
  }

  // One citation for each part of the sentence that can be seen.
  Result<std::vector<Citation>> cite(const Found& found, double score) {
    std::vector<Citation> citations;
    for (const StoredSegment& part : found.parts) {
      Result<Citation> made =
          makeCitation(library_, part.revision, part.segment.span, CitationMethod::Quote);
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

  std::string titleOf(const Found& found) {
    const RevisionId id = found.parts.front().revision;
    const auto at = std::find(scope_.revisions.begin(), scope_.revisions.end(), id);
    return scope_.titles[static_cast<size_t>(at - scope_.revisions.begin())];
  }

  Library& library_;
  const Scope& scope_;
  const ExtractiveOptions& options_;
  const AnswerSink& sink_;
  int64_t length_ = 0;
};

Result<void> answer(Library& library,
                    const std::string& text,
                    const std::vector<RevisionId>& ids,
                    const ExtractiveOptions& options,
                    const AnswerSink& sink,
                    const std::stop_token& stop) {
  const Error cancelled{ErrorCode::Cancelled, "The question was cancelled."};
  if (stop.stop_requested()) return cancelled;
  if (ids.empty()) {
    return Error{ErrorCode::Usage, "There is no document to look in. Add one first."};
  }
  const Scope scope = TRY(readScope(library, ids));
  LibraryWeights weights(library);
  const Question question = analyzeQuestion(text, std::ref(weights));
  TRY(Result<void>(weights.status()));
  if (question.isEmpty()) {
    return Error{ErrorCode::Usage,
                 "The question has only words that stand in every text, so there is nothing to "
                 "look for. Name the thing that you want to know something about."};
  }
  const std::vector<Found> found = TRY(findCandidates(library, question, scope.revisions));
  if (stop.stop_requested()) return cancelled;
  std::vector<Candidate> candidates;
  candidates.reserve(found.size());
  for (const Found& one : found) candidates.push_back(one.candidate);
  const std::vector<Judged> judged = rank(question, candidates);

  Answer answer(library, scope, options, sink);
  std::unordered_set<std::string> said;
  int quotes = 0;
  for (const Judged& one : judged) {
    if (quotes == options.maxQuotes) break;
    const Found& place = found[static_cast<size_t>(one.candidate)];
    const bool answers = one.hasPhrases && one.coverage >= options.minCoverage;
    if (!answers || one.score < kNearBest * judged.front().score) continue;
    if (!said.insert(unicode::fold(place.candidate.text)).second) continue;
    if (stop.stop_requested()) return cancelled;
    quotes += TRY(answer.quote(place, one)) ? 1 : 0;
  }
  return quotes > 0 ? answer.finish() : answer.finishUnanswered(found, judged);
}

}  // namespace

void answerExtractively(Library& library,
                        std::string_view question,
                        const std::vector<RevisionId>& scope,
                        const ExtractiveOptions& options,
                        const AnswerSink& sink,
                        std::stop_token stop) {
  const Result<void> answered =
      answer(library, utf8::repaired(question), scope, options, sink, stop);
  if (!answered.has_value()) sink(Failed{answered.error()});
}

}  // namespace lectern
