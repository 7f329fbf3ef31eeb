// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/answer/answer_model.h"
#include "core/library/library.h"

#include <stop_token>
#include <string_view>
#include <vector>

namespace lectern {

struct FinderOptions {
  size_t maxQuotes = 3;
};

/// Answers with sentences that a Finder chooses (see FinderLayout): search gives it the best few,
/// and where none of them answers, a second search some more (see lookForAnswer). It says of each
/// whether it answers, and then which it would name. The sentence with the best verdict is quoted,
/// and behind it the others that the model names and that answer by themselves too, or led there.
/// All words are cut from the documents; what it knows of them is those few sentences, and the
/// header says so. A quotation is `verbatim`, or `related` where it lacks a name or a number of the
/// question. Where none comes to the threshold, the documents "do not say it".
///
/// `model` has a layout. Errors: Usage for a question without a word to look for, DoesNotFit with
/// both numbers, Cancelled; those of the engine and the library. Thread: that of `library`.
Result<void> answerWithFinder(Library& library,
                              AnswerModel& model,
                              std::string_view question,
                              const std::vector<RevisionId>& scope,
                              const FinderOptions& options,
                              const AnswerSink& sink,
                              std::stop_token stop);

}  // namespace lectern
