// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_looks.h"

#include "core/answer/finder_score.h"

#include <algorithm>
#include <string>
#include <utility>

namespace lectern {

namespace {

std::string textOf(const FinderSentence& sentence) {
  std::string text;
  for (const std::string& part : sentence.texts) text += (text.empty() ? "" : " ") + part;
  return text;
}

/// One look after the other.
class Looking {
 public:
  Looking(AnswerModel& model,
          const FinderInquiry& inquiry,
          FinderPlaces& places,
          const std::stop_token& stop)
      : model_(model), inquiry_(inquiry), places_(places), stop_(stop) {}

  [[nodiscard]] size_t limit() const {
    return std::min(kFinderSentences, static_cast<size_t>(layout().markers));
  }

  Result<FinderLook> atShortlist(std::vector<size_t> shortlist) {
    FinderLook look = TRY(read(std::move(shortlist)));
    look.scores = finderWeighed(layout(), signsOf(look.places), look.reading.verdicts);
    for (double& score : look.scores) score -= layout().verdictThreshold;
    inquiry_.looked(look);
    return look;
  }
  Result<FinderLook> further(std::vector<size_t> places, bool led) {
    FinderLook look = TRY(read(std::move(places)));
    look.led = led;
    look.scores = look.reading.verdicts;
    for (double& score : look.scores) score -= layout().furtherThreshold;
    inquiry_.looked(look);
    return look;
  }

  /// The leading segment of a shortlist and what it leads to, if it leads to anything.
  Result<std::vector<size_t>> behindLead(const std::vector<size_t>& shortlist) {
    const size_t lead = shortlist[leadingSegment(signsOf(shortlist))];
    const Question next =
        followUp(inquiry_.question, textOf(places_.sentence(lead)), inquiry_.weight);
    if (next.isEmpty()) return std::vector<size_t>();
    std::vector<size_t> behind = TRY(places_.search(next, limit() - 1));
    if (!behind.empty()) behind.insert(behind.begin(), lead);
    return behind;
  }

 private:
  [[nodiscard]] const FinderLayout& layout() const { return *model_.finder; }

  [[nodiscard]] FinderSigns signsOf(const std::vector<size_t>& places) const {
    std::vector<std::string> texts;
    texts.reserve(places.size());
    for (const size_t place : places) texts.push_back(textOf(places_.sentence(place)));
    return finderSigns(inquiry_.question, texts);
  }

  Result<FinderLook> read(std::vector<size_t> places) {
    std::vector<FinderSentence> sentences;
    sentences.reserve(places.size());
    for (const size_t place : places) sentences.push_back(places_.sentence(place));
    FinderPrompt prompt =
        finderPrompt(layout(), model_.tokenizer, inquiry_.question, sentences, inquiry_.order);
    const int64_t before = tokens_;
    tokens_ += static_cast<int64_t>(prompt.context.tokens.size());
    const auto progress = [&](int64_t done) { inquiry_.progress(before + done, tokens_); };
    FinderReading reading = TRY(readFinderPrompt(model_, prompt, progress, stop_));
    return FinderLook{std::move(places), std::move(prompt), std::move(reading), {}};
  }

  AnswerModel& model_;
  const FinderInquiry& inquiry_;
  FinderPlaces& places_;
  const std::stop_token& stop_;
  int64_t tokens_ = 0;  // of all looks so far
};

}  // namespace

bool FinderLook::answers() const {
  return std::ranges::any_of(scores, [](double score) { return score >= 0; });
}

Result<std::optional<FinderLook>> lookForAnswer(AnswerModel& model,
                                                const FinderInquiry& inquiry,
                                                FinderPlaces& places,
                                                const std::stop_token& stop) {
  Looking looking(model, inquiry, places, stop);
  std::optional<FinderLook> look;
  const std::vector<size_t> shortlist = TRY(places.shortlist(looking.limit()));
  if (!shortlist.empty()) {
    look = TRY(looking.atShortlist(shortlist));
    if (look->answers()) return look;
    std::vector<size_t> behind = TRY(looking.behindLead(shortlist));
    if (!behind.empty()) {
      look = TRY(looking.further(std::move(behind), true));
      if (look->answers()) return look;
    }
  }
  const std::vector<size_t> rest = TRY(places.rest());
  for (size_t at = 0; at < rest.size(); at += looking.limit()) {
    const auto begin = rest.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end =
        rest.begin() + static_cast<std::ptrdiff_t>(std::min(at + looking.limit(), rest.size()));
    look = TRY(looking.further({begin, end}, false));
    if (look->answers()) break;
  }
  return look;
}

}  // namespace lectern
