// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/evidence.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace lectern {

namespace {

constexpr size_t kMaxSupports = 3;
constexpr double kMinGain = 0.08;
constexpr double kBm25Gain = 0.001;
constexpr double kAttentionGain = 0.15;
constexpr int kVerbatimWords = 8;
constexpr int64_t kLongSource = 200;
constexpr double kKeptByCut = 0.95;

struct Claimed {
  std::vector<unicode::Word> words;
  std::vector<ContentWord> content;
  double totalWeight = 0;
};

struct Read {
  std::vector<unicode::Word> words;
  std::vector<std::vector<int>> places;  // of each content word of the claim
};

std::vector<std::string_view> wholeWords(const std::vector<unicode::Word>& words) {
  std::vector<std::string_view> whole;
  for (const unicode::Word& word : words) {
    if (!word.part) whole.push_back(word.folded);
  }
  return whole;
}

int longestCommonRun(const std::vector<unicode::Word>& claim,
                     const std::vector<unicode::Word>& source) {
  const std::vector<std::string_view> a = wholeWords(claim);
  const std::vector<std::string_view> b = wholeWords(source);
  std::vector<int> endingAt(b.size() + 1, 0);  // run that ends at a[i], b[j], for the current i
  int longest = 0;
  for (const std::string_view word : a) {
    for (size_t j = b.size(); j > 0; --j) {
      endingAt[j] = word == b[j - 1] ? endingAt[j - 1] + 1 : 0;
      longest = std::max(longest, endingAt[j]);
    }
  }
  return longest;
}

bool isQuestion(std::string_view claim) {
  const size_t last = claim.find_last_not_of(" \t\n\"')");
  if (last == std::string_view::npos) return true;
  constexpr std::string_view kArabicQuestionMark = "؟";
  return claim[last] == '?' || claim.substr(0, last + 1).ends_with(kArabicQuestionMark);
}

double coverageOf(const Claimed& claim, const Read& source) {
  double covered = 0;
  for (size_t i = 0; i < claim.content.size(); ++i) {
    if (!source.places[i].empty()) covered += claim.content[i].weight;
  }
  return claim.totalWeight > 0 ? covered / claim.totalWeight : 0;
}

// What a source adds to those chosen before: its share of the weight, and as much as the smallest
// useful share for a guarded word that only it has.
double gainOf(const Claimed& claim, const Read& source, const std::vector<bool>& have) {
  double gain = 0;
  bool guardedWord = false;
  for (size_t i = 0; i < claim.content.size(); ++i) {
    if (have[i] || source.places[i].empty()) continue;
    gain += claim.content[i].weight / claim.totalWeight;
    guardedWord = guardedWord || claim.content[i].guarded;
  }
  return gain + (guardedWord ? kMinGain : 0);
}

// Greedy set cover: within a factor of ln(n) of the best (Chvátal 1979), and in the order a reader
// wants.
std::vector<int> chooseSources(const Claimed& claim,
                               const std::vector<Source>& sources,
                               const std::vector<Read>& read) {
  std::vector<int> chosen;
  std::vector<bool> have(claim.content.size(), false);
  while (chosen.size() < kMaxSupports) {
    int best = -1;
    double bestGain = kMinGain;
    for (size_t s = 0; s < read.size(); ++s) {
      const double gain = gainOf(claim, read[s], have);
      if (gain <= kMinGain) continue;
      // Equal words: the source that search likes better, or that the model looked at.
      const double liked =
          gain + kBm25Gain * sources[s].bm25 + kAttentionGain * sources[s].attention;
      if (liked > bestGain) {
        bestGain = liked;
        best = static_cast<int>(s);
      }
    }
    if (best < 0) break;
    chosen.push_back(best);
    for (size_t i = 0; i < have.size(); ++i) {
      have[i] = have[i] || !read[static_cast<size_t>(best)].places[i].empty();
    }
  }
  return chosen;
}

// The shortest run of words that keeps nearly all of the source's coverage: two ends that only move
// forward.
TextSpan shortestWindow(const Claimed& claim, const Read& source) {
  struct Hit {
    int word;
    size_t content;
  };
  std::vector<Hit> hits;
  double total = 0;
  for (size_t i = 0; i < claim.content.size(); ++i) {
    if (!source.places[i].empty()) total += claim.content[i].weight;
    for (int place : source.places[i]) {
      while (source.words[static_cast<size_t>(place)].part) --place;
      hits.push_back({place, i});
    }
  }
  std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.word < b.word; });

  std::vector<int> inside(claim.content.size(), 0);
  double covered = 0;
  TextSpan best{source.words.front().span.begin, source.words.back().span.end};
  size_t first = 0;
  for (const Hit& last : hits) {
    if (inside[last.content]++ == 0) covered += claim.content[last.content].weight;
    while (covered >= kKeptByCut * total) {
      const TextSpan window{source.words[static_cast<size_t>(hits[first].word)].span.begin,
                            source.words[static_cast<size_t>(last.word)].span.end};
      if (window.length() < best.length() && !window.isEmpty()) best = window;
      if (--inside[hits[first].content] == 0) covered -= claim.content[hits[first].content].weight;
      ++first;
    }
  }
  return best;
}

std::vector<std::string> failedGuards(const Claimed& claim,
                                      const std::vector<Read>& read,
                                      const std::vector<int>& chosen) {
  std::vector<std::string> missing;
  const auto any = [&](const auto& test) {
    return std::any_of(chosen.begin(), chosen.end(),
                       [&](int s) { return test(read[static_cast<size_t>(s)]); });
  };
  for (size_t i = 0; i < claim.content.size(); ++i) {
    if (claim.content[i].guarded && !any([i](const Read& r) { return !r.places[i].empty(); })) {
      missing.push_back(claim.content[i].shown);
    }
  }
  if (hasNegation(claim.words) != any([](const Read& r) { return hasNegation(r.words); })) {
    missing.emplace_back("not");
  }
  return missing;
}

double scoreOf(double coverage, int exactWords, bool guardsHold, double bm25, double attention) {
  const double sum = -4 + 5 * coverage + 3 * std::min(exactWords, 12) / 12.0 +
                     (guardsHold ? 1.0 : 0.0) + 0.5 * bm25 + 1.25 * attention;
  return 1 / (1 + std::exp(-sum));
}

Grade gradeOf(const Evidence& evidence) {
  const bool guardsHold = evidence.missing.empty();
  if (guardsHold && evidence.exactWords >= kVerbatimWords && evidence.coverage >= 0.8) {
    return Grade::Verbatim;
  }
  if (guardsHold && evidence.coverage >= 0.6 && evidence.score >= 0.7) return Grade::Matched;
  if (evidence.score >= 0.4 || evidence.coverage >= 0.6) return Grade::Related;
  return Grade::Uncited;
}

}  // namespace

Evidence gradeClaim(std::string_view claim,
                    const std::vector<Source>& sources,
                    const WordWeight& weight) {
  Claimed claimed;
  claimed.words = unicode::words(claim);
  claimed.content = contentWords(claim, claimed.words, weight);
  for (const ContentWord& word : claimed.content) claimed.totalWeight += word.weight;

  Evidence evidence;
  if (claimed.totalWeight <= 0 || isQuestion(claim)) {
    evidence.grade = Grade::Exempt;
    return evidence;
  }

  std::vector<Read> read;
  read.reserve(sources.size());
  for (const Source& source : sources) {
    Read r{unicode::words(source.text), {}};
    r.places = occurrences(claimed.content, r.words);
    read.push_back(std::move(r));
  }

  const std::vector<int> chosen = chooseSources(claimed, sources, read);
  std::vector<bool> have(claimed.content.size(), false);
  double bm25 = 0;
  double attention = 0;
  for (const int s : chosen) {
    const Read& source = read[static_cast<size_t>(s)];
    const std::string_view text = sources[static_cast<size_t>(s)].text;
    const auto size = static_cast<int64_t>(text.size());
    evidence.supports.push_back(
        {s, size > kLongSource ? shortestWindow(claimed, source) : TextSpan{0, size},
         coverageOf(claimed, source)});
    evidence.exactWords =
        std::max(evidence.exactWords, longestCommonRun(claimed.words, source.words));
    bm25 = std::max(bm25, sources[static_cast<size_t>(s)].bm25);
    attention = std::max(attention, sources[static_cast<size_t>(s)].attention);
    for (size_t i = 0; i < have.size(); ++i) have[i] = have[i] || !source.places[i].empty();
  }
  for (size_t i = 0; i < have.size(); ++i) {
    if (have[i]) evidence.coverage += claimed.content[i].weight / claimed.totalWeight;
  }
  evidence.missing = failedGuards(claimed, read, chosen);
  evidence.score =
      scoreOf(evidence.coverage, evidence.exactWords, evidence.missing.empty(), bm25, attention);
  evidence.grade = gradeOf(evidence);
  if (evidence.grade == Grade::Uncited) evidence.supports.clear();
  return evidence;
}

}  // namespace lectern
