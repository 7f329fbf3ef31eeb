// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/context/context.h"
#include "core/context/document_text.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// How a Finder is asked: a small model that was trained to say which of a few sentences answers a
/// question, or that none does. Read from layout.json in its folder, which
/// resources/models/pocket/train/export.py writes.
struct FinderLayout {
  int32_t start = 0;  ///< <|startoftext|>
  int32_t question = 0;
  int32_t documents = 0;
  int32_t endDocuments = 0;
  int32_t ranked = 0;  ///< the sentences come best first from a search
  int32_t answer = 0;
  int32_t notFound = 0;
  int32_t yes = 0;
  int32_t no = 0;
  int32_t firstMarker = 0;
  int32_t markers = 0;
  /// A sentence answers if this is reached by its logit of yes minus that of no, plus
  /// `coverageWeight` times the share of the question's words in it, less `guardLoss` where a name
  /// or a number of the question is not. A question without any has less to go by, and numbers of
  /// its own. Fitted on a validation set by decision.py.
  double verdictThreshold = 0;
  double guardLoss = 8;
  double coverageWeight = 0;
  double bareCoverageWeight = 0;
  double bareLoss = 0;
  /// Likewise of the verdicts alone, on all that is shown when none of the search's answers.
  double furtherThreshold = 0;

  /// Errors: ModelUnusable, naming what is missing or is no token of the vocabulary.
  static Result<FinderLayout> parse(const nlohmann::json& json,
                                    const text::Tokenizer& tokenizer,
                                    std::string_view fileName);
};

/// A sentence to choose from: one segment, or those that it was cut into.
struct FinderSentence {
  RevisionId revision{};
  std::vector<NumberedSegment> parts;
  std::vector<std::string> texts;  ///< of the parts
};

/// The prompt, as the trainer's layout.py makes it:
///   start question Q documents ranked (sentence marker)* endDocuments question Q answer
/// with a space in front of Q and of each part, and `ranked` only where they are. Each sentence is
/// an item of the context, in the order in which they are given.
struct FinderPrompt {
  Context context;
  std::vector<int64_t> markers;  ///< position of each sentence's marker, where its verdict is read
  std::vector<int32_t> markerTokens;
};

/// How sentences are put to a Finder: best first, or in the order of their document.
enum class FinderOrder : uint8_t { Ranked, AsRead };

/// `sentences` are at most as many as the layout has markers.
FinderPrompt finderPrompt(const FinderLayout& layout,
                          std::shared_ptr<const text::Tokenizer> tokenizer,
                          std::string_view question,
                          const std::vector<FinderSentence>& sentences,
                          FinderOrder order = FinderOrder::Ranked);

}  // namespace lectern
