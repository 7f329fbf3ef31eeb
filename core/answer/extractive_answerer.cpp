// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/extractive_answerer.h"

#include "core/answer/retrieval.h"
#include "core/answer/scope.h"
#include "core/base/utf8.h"
#include "core/unicode/fold.h"

#include <algorithm>
#include <unordered_set>

namespace lectern {

namespace {

// A further quotation must come this near to the first, or it only dilutes the answer.
constexpr double kNearBest = 0.85;

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
    claim.citations = TRY(quotationOf(library_, found, judged.score));
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
    Finished finished;
    finished.reading = scope_.reading;
    sink_(std::move(finished));
    return {};
  }

  Result<void> finishUnanswered(const std::vector<Found>& found,
                                const std::vector<Judged>& judged) {
    Finished finished;
    finished.found = false;
    finished.reading = scope_.reading;
    finished.nearest = TRY(nearestPassages(library_, scope_, found, judged));
    sayNotFound(finished.reading, sink_);
    sink_(std::move(finished));
    return {};
  }

 private:
  void say(std::string text) {
    length_ += static_cast<int64_t>(text.size());
    sink_(Text{std::move(text)});
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
  Scope scope = TRY(readScope(library, ids));
  scope.reading.engine = "extractive";
  LibraryWeights weights(library);
  const Question question = analyzeQuestion(text, std::ref(weights));
  TRY(Result<void>(weights.status()));
  if (question.isEmpty()) return nothingToLookFor();
  const std::vector<Found> found = TRY(findCandidates(library, question, scope.revisions));
  if (stop.stop_requested()) return cancelled;
  const std::vector<Judged> judged = rank(question, found);

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
