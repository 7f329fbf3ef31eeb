// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/outline_summary.h"

#include "core/answer/citation_resolver.h"
#include "core/answer/sections.h"
#include "core/answer/text_rank.h"
#include "core/unicode/fold.h"
#include "core/unicode/words.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace lectern {

namespace {

// TextRank is quadratic: 40 sections of 150 sentences are half a million cosines, a fraction of a
// second, however long the document.
constexpr int kMaxSentences = 150;
constexpr int kSegmentsPerRead = 4096;
constexpr int64_t kMinBytes = 40;
constexpr int kMinContentWords = 4;
constexpr double kTooAlike = 0.6;  // cosine with a sentence that was taken before
constexpr double kLeadBonus[] = {0.5, 0.25, 0.1};
constexpr double kCueBonus = 0.25;

bool isCueWord(const std::string& folded) {
  static const std::unordered_set<std::string> words = [] {
    std::unordered_set<std::string> set;
    for (const std::string_view word : {"summary",        "conclusion", "conclude",    "important",
                                        "purpose",        "therefore",  "resumen",     "conclusión",
                                        "importante",     "objetivo",   "finalidad",   "résumé",
                                        "objectif",       "résultat",   "resumo",      "conclusão",
                                        "finalidade",     "riassunto",  "conclusione", "scopo",
                                        "obiettivo",      "risultato",  "conclusie",   "belangrijk",
                                        "samenvatting",   "doel",       "resultaat",   "zweck",
                                        "wichtig",        "fazit",      "ergebnis",    "ziel",
                                        "folglich",       "resultado",  "סיכום",       "מסקנה",
                                        "חשוב",           "מטרה",       "מטרת",        "תוצאה",
                                        "خلاصة",          "خاتمة",      "مهم",         "هدف",
                                        "الهدف",          "نتيجة",      "goal",        "result",
                                        "zusammenfassung"}) {
      set.insert(unicode::fold(word));
    }
    return set;
  }();
  return words.contains(folded);
}

struct Sentence {
  int segment = 0;
  std::vector<int32_t> words;
  bool hasCue = false;
};

// Gives words numbers.
class Vocabulary {
 public:
  int32_t numberOf(const std::string& folded) {
    return numbers_.try_emplace(folded, static_cast<int32_t>(numbers_.size())).first->second;
  }

 private:
  std::unordered_map<std::string, int32_t> numbers_;
};

Result<std::vector<StoredSegment>> readSegments(Library& library,
                                                RevisionId revision,
                                                int64_t count,
                                                const std::stop_token& stop) {
  std::vector<StoredSegment> all;
  all.reserve(static_cast<size_t>(count));
  for (int first = 0; first < count; first += kSegmentsPerRead) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "The summary was cancelled."};
    std::vector<StoredSegment> some =
        TRY(library.segments(revision, first, first + kSegmentsPerRead - 1));
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

// A line of a table of contents, or of an index.
bool hasLeaders(std::string_view text) {
  return text.find(". . . .") != std::string_view::npos ||
         text.find(".....") != std::string_view::npos;
}

// Whole sentences in running text; list items where a section has nothing else.
bool isEligible(const std::vector<StoredSegment>& segments, int number, SegmentKind kind) {
  const Segment& segment = segments[static_cast<size_t>(number)].segment;
  const bool goesOn = static_cast<size_t>(number) + 1 < segments.size() &&
                      segments[static_cast<size_t>(number) + 1].segment.continues;
  return segment.kind == kind && !segment.continues && !goesOn &&
         segment.span.length() >= kMinBytes &&
         !hasLeaders(segments[static_cast<size_t>(number)].text);
}

std::vector<int> eligible(const std::vector<StoredSegment>& segments, const Section& section) {
  std::vector<int> numbers;
  for (const SegmentKind kind : {SegmentKind::Sentence, SegmentKind::ListItem}) {
    for (int i = section.firstSegment; i <= section.lastSegment; ++i) {
      if (isEligible(segments, i, kind)) numbers.push_back(i);
    }
    if (!numbers.empty()) break;
  }
  return numbers;
}

// Of a long section an even sample, with all of its lead.
std::vector<int> sampled(const std::vector<int>& numbers) {
  const size_t count = numbers.size();
  if (count <= kMaxSentences) return numbers;
  constexpr size_t kLead = std::size(kLeadBonus);
  std::vector<int> sample(numbers.begin(), numbers.begin() + kLead);
  for (size_t i = kLead; i < kMaxSentences; ++i) {
    sample.push_back(numbers[kLead + (i - kLead) * (count - kLead) / (kMaxSentences - kLead)]);
  }
  return sample;
}

Sentence sentenceOf(const StoredSegment& segment, Vocabulary& vocabulary) {
  Sentence sentence{segment.number, {}, false};
  for (const unicode::Word& word : unicode::words(segment.text)) {
    if (word.part || unicode::isStopWord(word.folded)) continue;
    sentence.words.push_back(vocabulary.numberOf(word.folded));
    sentence.hasCue = sentence.hasCue || isCueWord(word.folded);
  }
  return sentence;
}

// The best sentences' indices, none much like another.
std::vector<size_t> central(const std::vector<Sentence>& sentences,
                            const std::vector<SentenceVector>& vectors,
                            size_t wanted) {
  std::vector<double> scores = textRank(vectors);
  for (size_t i = 0; i < scores.size(); ++i) {
    const double lead = i < std::size(kLeadBonus) ? kLeadBonus[i] : 0;
    scores[i] *= 1 + lead + (sentences[i].hasCue ? kCueBonus : 0);
  }
  std::vector<size_t> order(scores.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::vector<size_t> taken;
  for (const size_t next : order) {
    if (taken.size() == wanted) break;
    const bool alike = std::any_of(taken.begin(), taken.end(), [&](size_t other) {
      return cosine(vectors[next], vectors[other]) > kTooAlike;
    });
    if (!alike) taken.push_back(next);
  }
  std::sort(taken.begin(), taken.end());
  return taken;
}

}  // namespace

Result<std::vector<SectionSummary>> summarizeOutline(Library& library,
                                                     RevisionId revision,
                                                     const OutlineOptions& options,
                                                     std::stop_token stop,
                                                     const SectionSink& sink) {
  const RevisionInfo info = TRY(library.revision(revision));
  const std::vector<StoredSegment> segments =
      TRY(readSegments(library, revision, info.segments, stop));
  if (segments.empty()) {
    return Error{ErrorCode::NotFound,
                 "The document has no text to summarise: its pages are images, blank, or were not "
                 "read yet."};
  }
  std::vector<SectionSummary> summaries;
  const std::vector<Section> sections =
      sectionsOf(info.document.outline, segments, options.maxSections);
  int done = 0;
  for (const Section& section : sections) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "The summary was cancelled."};
    Vocabulary vocabulary;
    std::vector<Sentence> sentences;
    std::vector<std::vector<int32_t>> words;
    for (const int number : sampled(eligible(segments, section))) {
      Sentence sentence = sentenceOf(segments[static_cast<size_t>(number)], vocabulary);
      if (sentence.words.size() < kMinContentWords) continue;
      words.push_back(sentence.words);
      sentences.push_back(std::move(sentence));
    }
    SectionSummary summary;
    summary.headingPath = section.headingPath;
    summary.firstPage = segments[static_cast<size_t>(section.firstSegment)].segment.page;
    summary.lastPage = segments[static_cast<size_t>(section.lastSegment)].segment.page;
    for (const size_t i : central(sentences, weigh(words),
                                  static_cast<size_t>(std::max(options.sentencesPerSection, 0)))) {
      const TextSpan span = segments[static_cast<size_t>(sentences[i].segment)].segment.span;
      Result<Citation> made = makeCitation(library, revision, span, CitationMethod::Quote);
      if (!made.has_value() && made.error().code == ErrorCode::NotFound) continue;
      summary.sentences.push_back(TRY(std::move(made)));
      summary.sentences.back().coverage = 1;
      summary.sentences.back().score = 1;
    }
    if (sink) sink(summary, ++done, static_cast<int>(sections.size()));
    if (!summary.sentences.empty()) summaries.push_back(std::move(summary));
  }
  return summaries;
}

}  // namespace lectern
