// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/ranking.h"

#include "core/answer/guarded_words.h"
#include "core/unicode/fold.h"

#include <algorithm>

namespace lectern {

namespace {

using Places = std::vector<std::vector<int>>;

// A word of a phrase must not be found inside a longer one.
bool containsPhrase(const std::string& folded, const std::string& phrase) {
  const auto isWordByte = [&](size_t at) {
    if (at >= folded.size()) return false;
    const auto byte = static_cast<unsigned char>(folded[at]);
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z');
  };
  for (size_t at = folded.find(phrase); at != std::string::npos; at = folded.find(phrase, at + 1)) {
    if ((at == 0 || !isWordByte(at - 1)) && !isWordByte(at + phrase.size())) return true;
  }
  return false;
}

bool hasPhrases(const Question& question, const std::string& text) {
  if (question.phrases.empty()) return true;
  const std::string folded = unicode::fold(text);
  return std::all_of(question.phrases.begin(), question.phrases.end(),
                     [&](const std::string& phrase) { return containsPhrase(folded, phrase); });
}

// How close together the question's words stand: their number over the words of the shortest
// stretch that has one of each, 0..1; nothing for a single word.
double proximity(const Places& places) {
  struct Hit {
    int word;
    size_t of;
  };
  std::vector<Hit> hits;
  int distinct = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    distinct += places[i].empty() ? 0 : 1;
    for (const int place : places[i]) hits.push_back({place, i});
  }
  if (distinct < 2) return 0;
  std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.word < b.word; });
  std::vector<int> inside(places.size(), 0);
  int have = 0;
  int shortest = hits.back().word - hits.front().word + 1;
  size_t first = 0;
  for (const Hit& last : hits) {
    have += inside[last.of]++ == 0 ? 1 : 0;
    while (have == distinct) {
      shortest = std::min(shortest, last.word - hits[first].word + 1);
      have -= --inside[hits[first].of] == 0 ? 1 : 0;
      ++first;
    }
  }
  return std::min(1.0, static_cast<double>(distinct) / shortest);
}

// The share of neighbouring words of the question that stand in the same order, at most three words
// apart.
double sameOrder(const Places& places) {
  constexpr int kNear = 3;
  if (places.size() < 2) return 0;
  int kept = 0;
  for (size_t i = 0; i + 1 < places.size(); ++i) {
    const bool follows = std::any_of(places[i].begin(), places[i].end(), [&](int a) {
      return std::any_of(places[i + 1].begin(), places[i + 1].end(),
                         [&](int b) { return b > a && b - a <= kNear; });
    });
    kept += follows ? 1 : 0;
  }
  return static_cast<double>(kept) / static_cast<double>(places.size() - 1);
}

bool isYear(const unicode::Word& word) {
  return word.number && word.folded.size() == 4 && (word.folded[0] == '1' || word.folded[0] == '2');
}

// Whether the text has the kind of thing that is asked for.
bool hasAsked(Asked asked, const std::vector<unicode::Word>& words, const Places& places) {
  const auto any = [&](const auto& test) { return std::any_of(words.begin(), words.end(), test); };
  switch (asked) {
    case Asked::Anything:
      return false;
    case Asked::Time:
      return any([](const unicode::Word& w) { return isYear(w) || isTimeWord(w.folded); });
    case Asked::Quantity:
      return any([](const unicode::Word& w) { return w.number || isQuantityWord(w.folded); });
    case Asked::Person: {
      std::vector<bool> ofQuestion(words.size(), false);
      for (const auto& ofWord : places) {
        for (const int place : ofWord) ofQuestion[static_cast<size_t>(place)] = true;
      }
      for (size_t i = 0; i < words.size(); ++i) {
        if (words[i].name && !words[i].part && !ofQuestion[i]) return true;
      }
      return false;
    }
  }
  return false;
}

Judged judge(const Question& question, const Candidate& candidate, const RankWeights& weights) {
  const std::vector<unicode::Word> words = unicode::words(candidate.text);
  const Places places = occurrences(question.words, words);
  const Places inHeader = occurrences(question.words, unicode::words(candidate.header));
  const Places inAround = occurrences(question.words, unicode::words(candidate.around));

  Judged judged;
  double total = 0;
  for (size_t i = 0; i < question.words.size(); ++i) {
    const ContentWord& word = question.words[i];
    double share = 0;
    if (!places[i].empty()) {
      share = 1;
      judged.own += word.weight;
    } else {
      if (!inAround[i].empty()) share = weights.aroundShare;
      if (!inHeader[i].empty()) share = std::max(share, weights.headerShare);
    }
    judged.coverage += share * word.weight;
    total += word.weight;
    if (word.guarded && places[i].empty() && inHeader[i].empty()) {
      judged.missing.push_back(word.shown);
    }
  }
  if (total > 0) {
    judged.coverage /= total;
    judged.own /= total;
  } else {
    judged.coverage = judged.own = 1;  // a phrase of function words alone, which it has
  }
  if (question.negated && !hasNegation(words)) judged.missing.emplace_back("not");

  constexpr double kBrief = 8;  // words
  judged.score = weights.coverage * judged.coverage + weights.bm25 * candidate.bm25 +
                 weights.passage * candidate.passageBm25 + weights.proximity * proximity(places) +
                 weights.order * sameOrder(places) +
                 weights.brevity * kBrief / (kBrief + static_cast<double>(words.size())) +
                 weights.asked * (hasAsked(question.asked, words, places) ? 1 : 0);
  return judged;
}

}  // namespace

std::vector<Judged> rank(const Question& question,
                         const std::vector<Candidate>& candidates,
                         const RankWeights& weights) {
  std::vector<Judged> judged;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (!hasPhrases(question, candidates[i].text)) continue;
    judged.push_back(judge(question, candidates[i], weights));
    judged.back().candidate = static_cast<int>(i);
  }
  std::stable_sort(judged.begin(), judged.end(),
                   [](const Judged& a, const Judged& b) { return a.score > b.score; });
  return judged;
}

}  // namespace lectern
