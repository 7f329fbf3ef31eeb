// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_score.h"

#include "core/answer/question.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <unordered_map>

namespace lectern {

WordWeight weightsWithin(const std::vector<std::string>& segments) {
  auto counts = std::make_shared<std::unordered_map<std::string, int64_t>>();
  for (const std::string& segment : segments) {
    std::set<std::string> words;
    for (unicode::Word& word : unicode::words(segment)) words.insert(std::move(word.folded));
    for (const std::string& word : words) ++(*counts)[word];
  }
  const auto total = static_cast<int64_t>(segments.size());
  return [counts, total](std::string_view word) {
    const auto found = counts->find(std::string(word));
    return inverseFrequency(total, found == counts->end() ? 0 : found->second);
  };
}

FinderSigns finderSigns(std::string_view question, const std::vector<std::string>& segments) {
  const Question asked = analyzeQuestion(question, weightsWithin(segments));
  FinderSigns signs;
  signs.bare = std::ranges::none_of(asked.words, &ContentWord::guarded);
  for (const std::string& segment : segments) {
    const auto places = occurrences(asked.words, unicode::words(segment));
    double found = 0;
    double total = 0;
    bool lacks = false;
    for (size_t i = 0; i < places.size(); ++i) {
      const ContentWord& word = asked.words[i];
      total += word.weight;
      found += places[i].empty() ? 0 : word.weight;
      lacks = lacks || (word.guarded && places[i].empty());
    }
    signs.lacks.push_back(lacks);
    signs.coverage.push_back(total > 0 ? found / total : 0);
  }
  return signs;
}

std::vector<double> finderWeighed(const FinderLayout& layout,
                                  const FinderSigns& signs,
                                  const std::vector<double>& verdicts) {
  std::vector<double> scores;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const double weight = signs.bare ? layout.bareCoverageWeight : layout.coverageWeight;
    const double loss = signs.bare ? layout.bareLoss : signs.lacks[i] ? layout.guardLoss : 0;
    scores.push_back(verdicts[i] + weight * signs.coverage[i] - loss);
  }
  return scores;
}

size_t leadingSegment(const FinderSigns& signs) {
  const auto first = std::ranges::find(signs.lacks, false);
  return first == signs.lacks.end() ? 0 : static_cast<size_t>(first - signs.lacks.begin());
}

}  // namespace lectern
