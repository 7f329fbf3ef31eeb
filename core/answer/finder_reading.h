// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_model.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

namespace lectern {

/// What a Finder says of the sentences of a prompt.
struct FinderReading {
  std::vector<double> verdicts;  ///< logit of yes minus that of no, at each sentence's marker
  States states;                 ///< behind the prompt; the engine holds the logits of its end
};

/// Has the model read a prompt. `progress` hears how many of its tokens are done. Errors:
/// DoesNotFit, naming both numbers; those of the engine. Thread: that of `model`.
Result<FinderReading> readFinderPrompt(AnswerModel& model,
                                       const FinderPrompt& prompt,
                                       const std::function<void(int64_t done)>& progress,
                                       std::stop_token stop);

}  // namespace lectern
