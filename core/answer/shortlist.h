// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/library/library.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <vector>

namespace lectern {

/// Numbers of segments of one revision.
using SegmentNumbers = std::set<int>;

/// What to read of documents that do not fit: ranges of segments that search finds for a question,
/// best first. The sentences that answer best, with their neighbours, and the best passages take
/// turns (reciprocal rank fusion of two lists of equal weight orders them so).
class Shortlist {
 public:
  /// Errors: Usage where the question has no word to look for; those of the library.
  static Result<Shortlist> find(Library& library,
                                std::string_view question,
                                const std::vector<RevisionId>& scope);

  /// As many of the ranges as `tokens` tokens hold; a range that is too long for what is left is
  /// passed over.
  Result<std::map<RevisionId, SegmentNumbers>> take(Library& library,
                                                    const text::Tokenizer& tokenizer,
                                                    int64_t tokens) const;

 private:
  struct Range {
    RevisionId revision{};
    int first = 0;
    int last = 0;
  };

  std::vector<Range> ranges_;
};

}  // namespace lectern
