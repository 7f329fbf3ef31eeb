// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/answer/answer_model.h"
#include "core/answer/context_index.h"
#include "core/answer/document_context.h"
#include "core/answer/quote_constraint.h"
#include "core/library/library.h"

#include <cstdint>
#include <memory>
#include <stop_token>

namespace lectern {

/// A model that has read documents and a question, ready to write.
struct AskedModel {
  Library& library;
  AnswerModel& model;
  const DocumentContext& documents;
  const ContextIndex& index;
  States& states;
  SamplerOptions sampler;
  int64_t maxTokens = 0;
};

/// How the writing ended.
struct Decoded {
  AnswerEnd end = AnswerEnd::Whole;
  bool found = true;  ///< false: nothing was said, the model finds nothing
  int64_t thoughtTokens = 0;
};

/// Writes freely: Text as it comes, each sentence graded when it has ended (see AnswerWriter,
/// ClaimGrader, AttentionEvidence). Errors: those of the engine and the library; Cancelled only
/// where nothing was said yet.
Result<Decoded> writeFreely(const AskedModel& asked,
                            const AnswerSink& sink,
                            const std::stop_token& stop);

/// Writes quotations alone, under the constraint that each is a contiguous range of whole segments
/// (see QuoteConstraint). Each is said when it is closed: its words are cut from the document, and
/// the claim is `verbatim`. The tokens of `quoting` are filled in. The same errors.
Result<Decoded> writeQuotations(const AskedModel& asked,
                                std::shared_ptr<const QuoteSource> source,
                                QuoteOptions quoting,
                                const AnswerSink& sink,
                                const std::stop_token& stop);

}  // namespace lectern
