// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/content_words.h"
#include "core/answer/exact_match.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lectern {

/// The words of a context's segments, in memory, so that a sentence is compared with all of them
/// within milliseconds: postings, BM25, inverse frequencies and runs of words of what the model has
/// before it and of nothing else. Immutable. Thread: any.
class ContextIndex {
 public:
  /// `segmentTexts` are the bytes of each of the context's segments.
  ContextIndex(const Context& context, const std::vector<std::string>& segmentTexts);

  struct Hit {
    int32_t segment = 0;
    double bm25 = 0;
  };
  /// The best segments by BM25 (Robertson & Zaragoza 2009, k1 = 1.2, b = 0.75), best first.
  [[nodiscard]] std::vector<Hit> search(const std::vector<ContentWord>& words, size_t limit) const;

  /// The segments in which runs of the sentence's words stand, those of the longest runs first.
  [[nodiscard]] std::vector<int32_t> exactPlaces(std::string_view sentence, size_t limit) const;

  /// Inverse frequency among these segments.
  [[nodiscard]] double weight(std::string_view foldedWord) const;

 private:
  struct Posting {
    int32_t segment = 0;
    int32_t count = 0;
  };
  [[nodiscard]] const std::vector<Posting>* find(const std::string& folded) const;

  std::unordered_map<std::string, std::vector<Posting>> postings_;
  ExactMatcher exact_;
  std::vector<int32_t> lengths_;  // in words, of each segment
  double meanLength_ = 1;
};

}  // namespace lectern
