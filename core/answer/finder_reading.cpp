// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_reading.h"

#include <fmt/format.h>

#include <span>
#include <utility>

namespace lectern {

namespace {

double logitOf(std::span<const float> logits, int32_t token) {
  return double{logits[static_cast<size_t>(token)]};
}

}  // namespace

Result<FinderReading> readFinderPrompt(AnswerModel& model,
                                       const FinderPrompt& prompt,
                                       const std::function<void(int64_t done)>& progress,
                                       std::stop_token stop) {
  const FinderLayout& layout = *model.finder;
  Engine& engine = *model.engine;
  const std::span<const int32_t> tokens(prompt.context.tokens);
  const auto total = static_cast<int64_t>(tokens.size());
  if (total > engine.windowTokens()) {
    return Error{
        ErrorCode::DoesNotFit,
        fmt::format("The question and the sentences to choose from need {} tokens, and the "
                    "window of the model holds {}. Ask a shorter question.",
                    total, engine.windowTokens())};
  }
  States states = TRY(engine.newStates());
  std::vector<double> verdicts;
  const auto vocabulary = static_cast<size_t>(engine.config().vocabSize);
  int64_t done = 0;
  TRY(engine.allLogits(
      states, tokens.first(tokens.size() - 1),
      [&](std::span<const float> logits) -> Result<void> {
        const auto rows = static_cast<int64_t>(logits.size() / vocabulary);
        while (verdicts.size() < prompt.markers.size() &&
               prompt.markers[verdicts.size()] < done + rows) {
          const auto row = static_cast<size_t>(prompt.markers[verdicts.size()] - done);
          const std::span<const float> here = logits.subspan(row * vocabulary, vocabulary);
          verdicts.push_back(logitOf(here, layout.yes) - logitOf(here, layout.no));
        }
        done += rows;
        progress(done);
        return {};
      },
      stop));
  TRY(engine.prefill(states, tokens.last(1), [&](int64_t) { progress(total); }, stop));
  return FinderReading{std::move(verdicts), std::move(states)};
}

}  // namespace lectern
