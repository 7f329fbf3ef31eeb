// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "core/answer/answer_event.h"

#include <string>
#include <vector>

namespace lectern::cli {

/// An answer as its events told it, and what became of it in the library.
struct Answer {
  std::string question;
  bool continues = false;  ///< a further message that answers it: the next section of a summary
  std::string text;
  std::vector<Claim> claims;
  Finished finished;
  StoreReport store;

  void take(const AnswerEvent& event);
};

/// For a terminal: who answered and what was read; the sentences, quoted ones in quotation marks,
/// with footnote numbers; a footnote a citation, with the name that show and verify take.
Result<void> printAnswer(Library& library, const Answer& answer, const Streams& streams);

Result<Json> answerJson(Library& library, const Answer& answer);

}  // namespace lectern::cli
