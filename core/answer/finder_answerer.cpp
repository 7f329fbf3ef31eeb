// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_answerer.h"

#include "core/answer/finder_reading.h"
#include "core/answer/finder_score.h"
#include "core/answer/scope.h"
#include "core/context/finder_prompt.h"
#include "core/unicode/fold.h"
#include "core/unicode/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_set>

namespace lectern {

namespace {

/// A sentence of the shortlist, and what the model says of it.
struct Option {
  const Found* found = nullptr;
  const Judged* judged = nullptr;
  std::vector<std::string> missing;  ///< names and numbers of the question that it lacks
  double score = 0;                  ///< by how much it passes the threshold
};

/// A heading or a cell of a table that has no word besides those of the question answers nothing.
bool onlyRepeats(std::string_view passage, const std::vector<unicode::Word>& asked) {
  const auto words =
      contentWords(passage, unicode::words(passage), [](std::string_view) { return 1.0; });
  const auto places = occurrences(words, asked);
  return std::ranges::none_of(places, [](const auto& of) { return of.empty(); });
}

std::vector<Option> shortlist(const Question& question,
                              std::string_view text,
                              const std::vector<Found>& found,
                              const std::vector<Judged>& judged,
                              size_t limit) {
  std::vector<Option> options;
  std::unordered_set<std::string> seen;
  const std::vector<unicode::Word> asked = unicode::words(text);
  for (const Judged& one : judged) {
    if (options.size() == limit) break;
    if (one.coverage <= 0) continue;
    const Found& place = found[static_cast<size_t>(one.candidate)];
    if (!seen.insert(unicode::fold(place.candidate.text)).second) continue;
    if (onlyRepeats(place.candidate.text, asked)) continue;
    Option option{&place, &one, {}, 0};
    const auto places = occurrences(question.words, unicode::words(place.candidate.text));
    for (size_t i = 0; i < places.size(); ++i) {
      if (question.words[i].guarded && places[i].empty()) {
        option.missing.push_back(question.words[i].shown);
      }
    }
    options.push_back(std::move(option));
  }
  return options;
}

FinderSentence sentenceOf(const Found& found) {
  FinderSentence sentence;
  sentence.revision = found.parts.front().revision;
  for (const StoredSegment& part : found.parts) {
    sentence.parts.push_back({part.number, part.segment});
    sentence.texts.push_back(part.text);
  }
  return sentence;
}

/// The sentences that the model names, in its order, as long as it names any.
Result<std::vector<size_t>> named(AnswerModel& model,
                                  const FinderPrompt& prompt,
                                  States states,
                                  size_t limit,
                                  const std::stop_token& stop) {
  std::vector<size_t> list;
  while (list.size() < limit) {
    const std::span<const float> logits = model.engine->logits();
    const auto token =
        static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    const auto at = std::find(prompt.markerTokens.begin(), prompt.markerTokens.end(), token);
    if (at == prompt.markerTokens.end()) break;
    const auto sentence = static_cast<size_t>(at - prompt.markerTokens.begin());
    if (std::find(list.begin(), list.end(), sentence) != list.end()) break;
    list.push_back(sentence);
    TRY(model.engine->prefill(states, {&token, 1}, {}, stop));
  }
  return list;
}

/// The best sentence, and behind it those that the model names too.
std::vector<size_t> chosen(const std::vector<Option>& options,
                           const std::vector<size_t>& names,
                           size_t limit) {
  std::vector<size_t> list;
  const auto best =
      std::max_element(options.begin(), options.end(),
                       [](const Option& a, const Option& b) { return a.score < b.score; });
  if (best == options.end() || best->score < 0) return list;
  list.push_back(static_cast<size_t>(best - options.begin()));
  for (const size_t name : names) {
    if (list.size() < limit && name != list.front() && options[name].score >= 0) {
      list.push_back(name);
    }
  }
  return list;
}

/// Says quotations as events; text and claims grow together.
class Quoter {
 public:
  Quoter(Library& library, const AnswerSink& sink) : library_(library), sink_(sink) {}

  Result<void> quote(const Option& option) {
    Claim claim;
    claim.citations = TRY(quotationOf(library_, *option.found, 1 / (1 + std::exp(-option.score))));
    if (claim.citations.empty()) return {};
    claim.grade = option.missing.empty() ? Grade::Verbatim : Grade::Related;
    claim.missing = option.missing;
    claim.coverage = option.judged->coverage;
    const std::string text = (length_ == 0 ? "" : "\n\n") + option.found->candidate.text;
    const auto size = static_cast<int64_t>(text.size());
    claim.span = {length_ + (length_ == 0 ? 0 : 2), length_ + size};
    length_ += size;
    sink_(Text{text});
    sink_(Cited{std::move(claim)});
    return {};
  }
  [[nodiscard]] bool isEmpty() const { return length_ == 0; }

 private:
  Library& library_;
  const AnswerSink& sink_;
  int64_t length_ = 0;
};

}  // namespace

Result<void> answerWithFinder(Library& library,
                              AnswerModel& model,
                              std::string_view text,
                              const std::vector<RevisionId>& revisions,
                              const FinderOptions& finderOptions,
                              const AnswerSink& sink,
                              std::stop_token stop) {
  const Scope scope = TRY(readScope(library, revisions));
  LibraryWeights weights(library);
  const Question question = analyzeQuestion(text, std::ref(weights));
  TRY(Result<void>(weights.status()));
  if (question.isEmpty()) return nothingToLookFor();
  const std::vector<Found> found = TRY(findCandidates(library, question, scope.revisions));
  const std::vector<Judged> judged = rank(question, found);
  std::vector<Option> options =
      shortlist(question, text, found, judged,
                std::min(finderOptions.sentences, static_cast<size_t>(model.finder->markers)));

  Finished finished;
  finished.reading = scope.reading;
  finished.reading.engine = model.name;
  finished.reading.shortlisted = true;
  Quoter quoter(library, sink);
  if (!options.empty()) {
    std::vector<FinderSentence> sentences;
    std::vector<std::string> texts;
    std::set<std::pair<RevisionId, int>> pages;
    for (const Option& option : options) {
      texts.push_back(option.found->candidate.text);
      sentences.push_back(sentenceOf(*option.found));
      for (const StoredSegment& part : option.found->parts) {
        pages.emplace(part.revision, part.segment.page);
      }
    }
    const FinderPrompt prompt = finderPrompt(*model.finder, model.tokenizer, text, sentences);
    finished.reading.segmentsShown = static_cast<int64_t>(prompt.context.segments.size());
    finished.reading.pagesShown = static_cast<int64_t>(pages.size());
    const auto total = static_cast<int64_t>(prompt.context.tokens.size());
    finished.reading.tokensShown = total;
    FinderReading reading = TRY(readFinderPrompt(
        model, prompt, [&](int64_t done) { sink(Prefilling{done, total}); }, stop));
    const std::vector<double> scores =
        finderWeighed(*model.finder, finderSigns(text, texts), reading.verdicts);
    for (size_t i = 0; i < options.size(); ++i) {
      options[i].score = scores[i] - model.finder->verdictThreshold;
    }
    const std::vector<size_t> names =
        TRY(named(model, prompt, std::move(reading.states), finderOptions.maxQuotes, stop));
    for (const size_t one : chosen(options, names, finderOptions.maxQuotes)) {
      TRY(quoter.quote(options[one]));
    }
  }
  if (quoter.isEmpty()) {
    finished.found = false;
    finished.nearest = TRY(nearestPassages(library, scope, found, judged));
    sayNotFound(sink);
  }
  sink(std::move(finished));
  return {};
}

}  // namespace lectern
