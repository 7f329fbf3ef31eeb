// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/question_maker.h"

#include "core/base/file.h"
#include "core/unicode/fold.h"
#include "ingest/importer.h"
#include "tests/support/library_builder.h"

#include <fmt/format.h>

#include <algorithm>

namespace lectern::test {

namespace {

constexpr size_t kWordsAsked = 3;
constexpr size_t kMinWords = 6;

class Pages : public ImportSink {
 public:
  Result<void> onInfo(const DocumentInfo& given) override {
    info = given;
    return {};
  }
  Result<void> onPage(Page&& page) override {
    pages.push_back(std::move(page));
    return {};
  }
  DocumentInfo info;
  std::vector<Page> pages;
};

}  // namespace

Result<int> importInto(Library& library,
                       const std::filesystem::path& helper,
                       const std::filesystem::path& file) {
  const FileDescriptor opened = TRY(openForReading(file));
  ImportOptions options;
  options.helper = helper;
  Pages pages;
  TRY(importDocument(opened, file, options, pages, {}));
  addPages(library, pages.info, pages.pages);
  return static_cast<int>(pages.pages.size());
}

Result<Corpus> Corpus::read(Library& library) {
  Corpus corpus;
  for (const RevisionInfo& info : TRY(library.revisions())) {
    corpus.scope.push_back(info.id);
    for (StoredSegment& segment :
         TRY(library.segments(info.id, 0, static_cast<int>(info.segments)))) {
      if (segment.segment.kind != SegmentKind::Sentence || !isQuotable(segment)) continue;
      CorpusSentence sentence;
      for (const ContentWord& word : contentWords(segment.text, unicode::words(segment.text),
                                                  [](std::string_view) { return 1.0; })) {
        sentence.words.push_back(word.shown);
        corpus.having_[word.folded].insert(corpus.sentences.size());
      }
      sentence.segment = std::move(segment);
      corpus.sentences.push_back(std::move(sentence));
    }
  }
  return corpus;
}

bool Corpus::anyHasAll(const std::vector<std::string>& words) const {
  std::vector<const std::set<size_t>*> sets;
  for (const std::string& word : words) {
    const auto found = having_.find(unicode::fold(word));
    if (found == having_.end()) return false;
    sets.push_back(&found->second);
  }
  return std::any_of(sets[0]->begin(), sets[0]->end(), [&](size_t sentence) {
    return std::all_of(sets.begin(), sets.end(),
                       [&](const auto* set) { return set->contains(sentence); });
  });
}

Posed Asker::present() {
  const CorpusSentence& sentence = any();
  std::vector<std::string> words;
  std::sample(sentence.words.begin(), sentence.words.end(), std::back_inserter(words), kWordsAsked,
              random_);
  std::shuffle(words.begin(), words.end(), random_);
  return {fmt::format("{} {} {}", words[0], words[1], words[2]), &sentence};
}

// A name, a number or a year is asked for by its question word and two other words of its
// sentence.
Posed Asker::typed() {
  for (;;) {
    const CorpusSentence& sentence = any();
    const std::vector<unicode::Word> words = unicode::words(sentence.segment.text);
    const auto asked = std::find_if(words.begin() + 1, words.end(), [](const unicode::Word& w) {
      return !w.part && (w.number || w.name);
    });
    if (asked == words.end()) continue;
    const bool year = asked->number && asked->folded.size() == 4;
    std::vector<std::string> others;
    for (const std::string& word : sentence.words) {
      if (unicode::fold(word) != asked->folded) others.push_back(word);
    }
    std::shuffle(others.begin(), others.end(), random_);
    return {fmt::format("{} {} {}?",
                        year            ? "When"
                        : asked->number ? "How many"
                                        : "Who",
                        others[0], others[1]),
            &sentence};
  }
}

std::string Asker::anyWord() {
  const CorpusSentence& sentence = any();
  return sentence.words[random_() % sentence.words.size()];
}

Posed Asker::absent() {
  for (;;) {
    std::vector<std::string> words;
    const CorpusSentence& sentence = any();
    std::sample(sentence.words.begin(), sentence.words.end(), std::back_inserter(words),
                kWordsAsked, random_);
    const CorpusSentence& other = any();
    words[0] = other.words[random_() % other.words.size()];
    if (corpus_.anyHasAll(words)) continue;
    std::shuffle(words.begin(), words.end(), random_);
    return {fmt::format("{} {} {}", words[0], words[1], words[2]), nullptr};
  }
}

const CorpusSentence& Asker::any() {
  for (;;) {
    const CorpusSentence& sentence = corpus_.sentences[random_() % corpus_.sentences.size()];
    if (sentence.words.size() >= kMinWords) return sentence;
  }
}

bool isRight(const Found& found, const CorpusSentence& gold) {
  return std::any_of(found.parts.begin(), found.parts.end(), [&](const StoredSegment& part) {
    return (part.revision == gold.segment.revision && part.number == gold.segment.number) ||
           unicode::fold(part.text) == unicode::fold(gold.segment.text);
  });
}

}  // namespace lectern::test
