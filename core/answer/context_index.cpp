// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/context_index.h"

#include <algorithm>
#include <cstddef>
#include <functional>

namespace lectern {

namespace {

constexpr double kK1 = 1.2;
constexpr double kB = 0.75;

}  // namespace

ContextIndex::ContextIndex(const Context& context, const std::vector<std::string>& segmentTexts)
    : exact_(context, segmentTexts) {
  lengths_.reserve(segmentTexts.size());
  int64_t total = 0;
  for (const std::string& text : segmentTexts) {
    const auto segment = static_cast<int32_t>(lengths_.size());
    const auto add = [&](const std::string& folded) {
      std::vector<Posting>& list = postings_[folded];
      if (list.empty() || list.back().segment != segment) list.push_back({segment, 0});
      ++list.back().count;
    };
    int32_t length = 0;
    for (const unicode::Word& word : unicode::words(text)) {
      add(word.folded);
      for (const std::string& form : unicode::withoutPrefixes(word.folded)) add(form);
      length += word.part ? 0 : 1;
    }
    lengths_.push_back(length);
    total += length;
  }
  if (total > 0) meanLength_ = static_cast<double>(total) / static_cast<double>(lengths_.size());
}

const std::vector<ContextIndex::Posting>* ContextIndex::find(const std::string& folded) const {
  const auto at = postings_.find(folded);
  return at == postings_.end() ? nullptr : &at->second;
}

std::vector<int32_t> ContextIndex::exactPlaces(std::string_view sentence, size_t limit) const {
  std::vector<ExactMatch> matches = exact_.matches(sentence);
  std::ranges::stable_sort(matches, std::greater<>(), &ExactMatch::words);
  std::vector<int32_t> segments;
  for (const ExactMatch& match : matches) {
    for (const ExactMatch::Place& place : match.places) {
      for (int32_t segment = place.firstSegment; segment <= place.lastSegment; ++segment) {
        if (segments.size() == limit) return segments;
        if (std::ranges::find(segments, segment) == segments.end()) segments.push_back(segment);
      }
    }
  }
  return segments;
}

double ContextIndex::weight(std::string_view foldedWord) const {
  const std::vector<Posting>* list = find(std::string(foldedWord));
  return inverseFrequency(static_cast<int64_t>(lengths_.size()),
                          list == nullptr ? 0 : static_cast<int64_t>(list->size()));
}

std::vector<ContextIndex::Hit> ContextIndex::search(const std::vector<ContentWord>& words,
                                                    size_t limit) const {
  std::unordered_map<int32_t, double> scores;
  const auto count = [&](const std::string& folded) {
    const std::vector<Posting>* list = find(folded);
    if (list == nullptr) return;
    const double idf = weight(folded);
    for (const Posting& posting : *list) {
      const double length = lengths_[static_cast<size_t>(posting.segment)] / meanLength_;
      const double often = posting.count;
      scores[posting.segment] += idf * often * (kK1 + 1) / (often + kK1 * (1 - kB + kB * length));
    }
  };
  for (const ContentWord& word : words) {
    count(word.folded);
    for (const std::string& piece : word.pieces) count(piece);
    for (const std::string& form : unicode::withoutPrefixes(word.folded)) count(form);
  }
  std::vector<Hit> hits;
  hits.reserve(scores.size());
  for (const auto& [segment, bm25] : scores) hits.push_back({segment, bm25});
  const size_t kept = std::min(limit, hits.size());
  std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(kept), hits.end(),
                    [](const Hit& a, const Hit& b) {
                      return a.bm25 != b.bm25 ? a.bm25 > b.bm25 : a.segment < b.segment;
                    });
  hits.resize(kept);
  return hits;
}

}  // namespace lectern
