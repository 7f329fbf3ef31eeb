// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/attention_evidence.h"
#include "core/answer/context_index.h"
#include "core/answer/document_context.h"
#include "core/document/citation.h"
#include "core/library/library.h"

#include <string_view>
#include <vector>

namespace lectern {

/// Grades the sentences of an answer against what the model has before it, and cites the places
/// that support them. Candidates are the best segments by BM25, those in which runs of the
/// sentence's words stand, and those that the model looked at; `gradeClaim` decides. A place that
/// cannot be shown on its page is no support. Ten milliseconds for a sentence. Thread: that of
/// `library`; everything is borrowed.
class ClaimGrader {
 public:
  ClaimGrader(Library& library, const DocumentContext& documents, const ContextIndex& index)
      : library_(library), documents_(documents), index_(index) {}

  /// The claim's `span` is left to the caller.
  Result<Claim> grade(std::string_view sentence,
                      const std::vector<AttentionEvidence::Share>& looked) const;

 private:
  Library& library_;
  const DocumentContext& documents_;
  const ContextIndex& index_;
};

}  // namespace lectern
