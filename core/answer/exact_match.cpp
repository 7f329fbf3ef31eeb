// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/exact_match.h"

#include "core/base/check.h"
#include "core/unicode/words.h"

#include <algorithm>
#include <utility>

namespace lectern {

namespace {

constexpr int kEnoughWords = 3;
constexpr int kEnoughContentWords = 2;

std::vector<unicode::Word> wholeWords(std::string_view text) {
  std::vector<unicode::Word> words = unicode::words(text);
  std::erase_if(words, [](const unicode::Word& word) { return word.part; });
  return words;
}

bool saysEnough(std::span<const unicode::Word> words) {
  return words.size() >= kEnoughWords ||
         std::count_if(words.begin(), words.end(), [](const unicode::Word& word) {
           return !unicode::isStopWord(word.folded);
         }) >= kEnoughContentWords;
}

}  // namespace

ExactMatcher::ExactMatcher(const Context& context, std::span<const std::string> texts) {
  LECTERN_CHECK(texts.size() == context.segments.size());
  std::vector<int32_t> words;
  for (size_t i = 0; i < texts.size(); ++i) {
    const ContextSegment& segment = context.segments[i];
    if (i > 0 && (segment.item != context.segments[i - 1].item ||
                  segment.tokens.begin != context.segments[i - 1].tokens.end)) {
      words.push_back(SuffixArray::kBorder);
    }
    firstWord_.push_back(static_cast<int32_t>(words.size()));
    for (unicode::Word& word : wholeWords(texts[i])) {
      const auto next = static_cast<int32_t>(ids_.size());
      words.push_back(ids_.try_emplace(std::move(word.folded), next).first->second);
    }
  }
  words_ = SuffixArray(std::move(words));
}

std::vector<ExactMatch::Place> ExactMatcher::placesOf(SuffixArray::Interval interval,
                                                      int32_t words) const {
  std::vector<int32_t> positions;
  for (int32_t rank = interval.begin; rank < interval.end; ++rank)
    positions.push_back(words_.position(rank));
  std::sort(positions.begin(), positions.end());
  positions.resize(std::min(positions.size(), kMaxPlaces));
  const auto segmentAt = [this](int32_t word) {
    const auto after = std::upper_bound(firstWord_.begin(), firstWord_.end(), word);
    return static_cast<int32_t>(after - firstWord_.begin()) - 1;
  };
  std::vector<ExactMatch::Place> places;
  for (const int32_t position : positions) {
    const ExactMatch::Place place{segmentAt(position), segmentAt(position + words - 1)};
    if (places.empty() || places.back() != place) places.push_back(place);
  }
  return places;
}

std::vector<ExactMatch> ExactMatcher::matches(std::string_view sentence) const {
  const std::vector<unicode::Word> words = wholeWords(sentence);
  std::vector<ExactMatch> found;
  size_t covered = 0;  // where the longest match so far ends
  for (size_t first = 0; first < words.size(); ++first) {
    SuffixArray::Interval interval = words_.all();
    size_t end = first;
    while (end < words.size()) {
      const auto id = ids_.find(words[end].folded);
      if (id == ids_.end()) break;
      const auto longer = words_.narrow(interval, static_cast<int32_t>(end - first), id->second);
      if (longer.isEmpty()) break;
      interval = longer;
      ++end;
    }
    if (end <= covered) continue;  // inside the match that began before
    covered = end;
    if (!saysEnough(std::span(words).subspan(first, end - first))) continue;
    const auto count = static_cast<int32_t>(end - first);
    found.push_back(
        {{words[first].span.begin, words[end - 1].span.end}, count, placesOf(interval, count)});
  }
  return found;
}

}  // namespace lectern
