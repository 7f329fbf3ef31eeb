// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/ranking.h"

#include "core/answer/guarded_words.h"
#include "core/unicode/fold.h"

#include <algorithm>

namespace lectern {

namespace {

constexpr double kHeaderShare = 0.5;

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

Judged judge(const Question& question, const Candidate& candidate) {
  const std::vector<unicode::Word> words = unicode::words(candidate.text);
  const Places places = occurrences(question.words, words);
  const Places inHeader = occurrences(question.words, unicode::words(candidate.header));

  Judged judged;
  Signs& signs = judged.signs;
  double total = 0;
  for (size_t i = 0; i < question.words.size(); ++i) {
    const ContentWord& word = question.words[i];
    const bool exactly = std::any_of(places[i].begin(), places[i].end(), [&](int place) {
      return words[static_cast<size_t>(place)].folded == word.folded;
    });
    total += word.weight;
    signs.own += places[i].empty() ? 0 : word.weight;
    signs.exact += exactly ? word.weight : 0;
    signs.header += places[i].empty() && !inHeader[i].empty() ? word.weight : 0;
    if (places[i].empty() && inHeader[i].empty()) {
      (word.guarded ? judged.missingGuarded : judged.missing).push_back(word.shown);
    }
  }
  if (question.negated && !hasNegation(words)) judged.missingGuarded.emplace_back("not");
  if (total > 0) {
    for (double* share : {&signs.own, &signs.exact, &signs.header}) *share /= total;
  } else {
    signs.own = signs.exact = 1;  // a phrase of function words alone, which it has
  }
  signs.bm25 = candidate.bm25;
  signs.asked = hasAsked(question.asked, words, places) ? 1 : 0;
  judged.coverage = signs.own + kHeaderShare * signs.header;
  judged.hasPhrases = hasPhrases(question, candidate.text);
  // No candidate has a word in its text and only in its header.
  constexpr double kHighest = kWeights.own + kWeights.exact + kWeights.bm25 + kWeights.asked;
  judged.score = scoreOf(signs, kWeights) / kHighest;
  return judged;
}

}  // namespace

double scoreOf(const Signs& signs, const Signs& weights) {
  return signs.own * weights.own + signs.exact * weights.exact + signs.header * weights.header +
         signs.bm25 * weights.bm25 + signs.asked * weights.asked;
}

std::vector<Judged> rank(const Question& question, const std::vector<Candidate>& candidates) {
  std::vector<Judged> judged;
  for (size_t i = 0; i < candidates.size(); ++i) {
    judged.push_back(judge(question, candidates[i]));
    judged.back().candidate = static_cast<int>(i);
  }
  std::stable_sort(judged.begin(), judged.end(), [](const Judged& a, const Judged& b) {
    return a.hasPhrases != b.hasPhrases ? a.hasPhrases : a.score > b.score;
  });
  return judged;
}

}  // namespace lectern
