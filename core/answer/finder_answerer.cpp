// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_answerer.h"

#include "core/answer/finder_looks.h"
#include "core/answer/scope.h"
#include "core/context/finder_prompt.h"
#include "core/unicode/fold.h"
#include "core/unicode/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <unordered_set>

namespace lectern {

namespace {

/// A heading or a cell of a table that has no word besides those of the question answers nothing.
bool onlyRepeats(std::string_view passage, const std::vector<unicode::Word>& asked) {
  const auto words =
      contentWords(passage, unicode::words(passage), [](std::string_view) { return 1.0; });
  const auto places = occurrences(words, asked);
  return std::ranges::none_of(places, [](const auto& of) { return of.empty(); });
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

/// The sentences of a library.
class LibraryPlaces : public FinderPlaces {
 public:
  LibraryPlaces(Library& library, const Scope& scope, std::string_view question)
      : library_(library), scope_(scope), asked_(unicode::words(question)) {}

  /// The best of a search for the question.
  Result<void> find(const Question& question) {
    found_ = TRY(findCandidates(library_, question, scope_.revisions));
    judged_ = rank(question, found_);
    return {};
  }

  Result<std::vector<size_t>> shortlist(size_t limit) override {
    return take(found_, judged_, limit);
  }
  Result<std::vector<size_t>> search(const Question& next, size_t limit) override {
    const std::vector<Found> found = TRY(findCandidates(library_, next, scope_.revisions));
    return take(found, rank(next, found), limit);
  }
  Result<std::vector<size_t>> rest() override {
    std::vector<size_t> places;
    if (scope_.reading.segments > kShortReading) return places;
    for (const Found& one : TRY(allCandidates(library_, scope_.revisions))) add(one, places);
    return places;
  }
  [[nodiscard]] FinderSentence sentence(size_t place) const override {
    return sentenceOf(places_[place]);
  }

  [[nodiscard]] const Found& at(size_t place) const { return places_[place]; }
  Result<std::vector<NearestPassage>> nearest() const {
    return nearestPassages(library_, scope_, found_, judged_);
  }

 private:
  std::vector<size_t> take(const std::vector<Found>& found,
                           const std::vector<Judged>& judged,
                           size_t limit) {
    std::vector<size_t> places;
    for (const Judged& one : judged) {
      if (places.size() == limit) break;
      if (one.coverage > 0) add(found[static_cast<size_t>(one.candidate)], places);
    }
    return places;
  }
  void add(const Found& found, std::vector<size_t>& places) {
    if (!seen_.insert(unicode::fold(found.candidate.text)).second) return;
    if (onlyRepeats(found.candidate.text, asked_)) return;
    places.push_back(places_.size());
    places_.push_back(found);
  }

  Library& library_;
  const Scope& scope_;
  std::vector<unicode::Word> asked_;
  std::vector<Found> found_;
  std::vector<Judged> judged_;
  std::vector<Found> places_;  // those that were given
  std::unordered_set<std::string> seen_;
};

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

/// The best sentence, and behind it those that the model names too and that answer, or led there.
std::vector<size_t> chosen(const FinderLook& look, const std::vector<size_t>& names, size_t limit) {
  const auto best = std::ranges::max_element(look.scores);
  std::vector<size_t> list = {static_cast<size_t>(best - look.scores.begin())};
  for (const size_t name : names) {
    const bool fits = look.scores[name] >= 0 || (look.led && name == 0);
    if (list.size() < limit && name != list.front() && fits) list.push_back(name);
  }
  return list;
}

/// What a model was shown.
class Shown {
 public:
  void take(const FinderLook& look, const LibraryPlaces& places) {
    tokens_ += static_cast<int64_t>(look.prompt.context.tokens.size());
    for (const size_t place : look.places) {
      for (const StoredSegment& part : places.at(place).parts) {
        segments_.emplace(part.revision, part.number);
        pages_.emplace(part.revision, part.segment.page);
      }
    }
  }
  void report(ReadingReport& reading) const {
    reading.tokensShown = tokens_;
    reading.segmentsShown = static_cast<int64_t>(segments_.size());
    reading.pagesShown = static_cast<int64_t>(pages_.size());
    reading.shortlisted = true;
  }

 private:
  int64_t tokens_ = 0;
  std::set<std::pair<RevisionId, int>> segments_;
  std::set<std::pair<RevisionId, int>> pages_;
};

/// Says quotations as events; text and claims grow together.
class Quoter {
 public:
  Quoter(Library& library, const Question& question, const AnswerSink& sink)
      : library_(library), question_(question), sink_(sink) {}

  Result<void> quote(const Found& found, double score) {
    Claim claim;
    claim.citations = TRY(quotationOf(library_, found, 1 / (1 + std::exp(-score))));
    if (claim.citations.empty()) return {};
    claim.missing = missingNames(found.candidate.text);
    claim.grade = claim.missing.empty() ? Grade::Verbatim : Grade::Related;
    claim.coverage = rank(question_, {found.candidate}).front().coverage;
    const std::string text = (length_ == 0 ? "" : "\n\n") + found.candidate.text;
    const auto size = static_cast<int64_t>(text.size());
    claim.span = {length_ + (length_ == 0 ? 0 : 2), length_ + size};
    length_ += size;
    sink_(Text{text});
    sink_(Cited{std::move(claim)});
    return {};
  }
  [[nodiscard]] bool isEmpty() const { return length_ == 0; }

 private:
  /// Names and numbers of the question that a sentence lacks.
  [[nodiscard]] std::vector<std::string> missingNames(std::string_view sentence) const {
    std::vector<std::string> names;
    const auto places = occurrences(question_.words, unicode::words(sentence));
    for (size_t i = 0; i < places.size(); ++i) {
      const ContentWord& word = question_.words[i];
      if (word.guarded && places[i].empty()) names.push_back(word.shown);
    }
    return names;
  }

  Library& library_;
  const Question& question_;
  const AnswerSink& sink_;
  int64_t length_ = 0;
};

}  // namespace

Result<void> answerWithFinder(Library& library,
                              AnswerModel& model,
                              std::string_view text,
                              const std::vector<RevisionId>& revisions,
                              const FinderOptions& options,
                              const AnswerSink& sink,
                              std::stop_token stop) {
  const Scope scope = TRY(readScope(library, revisions));
  LibraryWeights weights(library);
  const Question question = analyzeQuestion(text, std::ref(weights));
  TRY(Result<void>(weights.status()));
  if (question.isEmpty()) return nothingToLookFor();
  LibraryPlaces places(library, scope, text);
  TRY(places.find(question));

  Finished finished;
  finished.reading = scope.reading;
  finished.reading.engine = model.name;
  Shown shown;
  FinderInquiry inquiry{.question = text, .weight = std::ref(weights)};
  inquiry.looked = [&](const FinderLook& look) { shown.take(look, places); };
  inquiry.progress = [&](int64_t done, int64_t total) { sink(Prefilling{done, total}); };
  std::optional<FinderLook> look = TRY(lookForAnswer(model, inquiry, places, stop));
  TRY(Result<void>(weights.status()));
  shown.report(finished.reading);
  Quoter quoter(library, question, sink);
  if (look && look->answers()) {
    const std::vector<size_t> names =
        TRY(named(model, look->prompt, std::move(look->reading.states), options.maxQuotes, stop));
    for (const size_t one : chosen(*look, names, options.maxQuotes)) {
      TRY(quoter.quote(places.at(look->places[one]), look->scores[one]));
    }
  }
  if (quoter.isEmpty()) {
    finished.found = false;
    finished.nearest = TRY(places.nearest());
    sayNotFound(finished.reading, sink);
  }
  sink(std::move(finished));
  return {};
}

}  // namespace lectern
