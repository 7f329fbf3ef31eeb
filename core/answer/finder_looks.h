// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/finder_reading.h"
#include "core/answer/question.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

namespace lectern {

/// How many sentences a Finder is shown at once: what it was trained and measured with.
inline constexpr size_t kFinderSentences = 8;
/// Documents of no more segments are read to their end where no search finds an answer in them.
inline constexpr int64_t kShortReading = 64;

/// The sentences that a Finder may be shown, by numbers of their owner's choice. None is given
/// twice.
class FinderPlaces {
 public:
  virtual ~FinderPlaces() = default;
  /// The best `limit` that a search finds for the question.
  virtual Result<std::vector<size_t>> shortlist(size_t limit) = 0;
  /// The best `limit` of another search.
  virtual Result<std::vector<size_t>> search(const Question& next, size_t limit) = 0;
  /// All others, in their order, where the documents are short; else none.
  virtual Result<std::vector<size_t>> rest() = 0;
  [[nodiscard]] virtual FinderSentence sentence(size_t place) const = 0;
};

/// Sentences that a Finder was shown at once, and what it says of them.
struct FinderLook {
  std::vector<size_t> places;
  FinderPrompt prompt;
  FinderReading reading;
  std::vector<double> scores;  ///< by how much each comes over the threshold
  bool led = false;            ///< the others were found by the words of the first

  [[nodiscard]] bool answers() const;
};

struct FinderInquiry {
  std::string_view question;
  WordWeight weight;  ///< of words among all places
  FinderOrder order = FinderOrder::Ranked;
  std::function<void(const FinderLook&)> looked = [](const FinderLook&) {};
  /// Of the tokens of all looks so far.
  std::function<void(int64_t done, int64_t total)> progress = [](int64_t, int64_t) {};
};

/// Shows a Finder the shortlist and, until something answers, what may answer without a word of the
/// question: what a search for the leading segment's other words finds, behind that segment (see
/// leadingSegment, followUp), and the rest of short documents. Gives back the last look, if there
/// was anything to see; the engine holds the logits of its end.
///
/// Errors: those of readFinderPrompt and of `places`. Thread: that of `model`.
Result<std::optional<FinderLook>> lookForAnswer(AnswerModel& model,
                                                const FinderInquiry& inquiry,
                                                FinderPlaces& places,
                                                const std::stop_token& stop);

}  // namespace lectern
