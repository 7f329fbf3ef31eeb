// SPDX-License-Identifier: GPL-3.0-or-later
//
// Measures the extractive answerer on a library of real documents:
//
//   answer_eval FOLDER [QUESTIONS [SEED]]        a library that `lectern-cli add` made
//   answer_eval --read HELPER FILE…              files that lectern-extract (HELPER) reads into a
//                                                library in a temporary folder
//   … --ask FILE.tsv                             also asks the written questions of that file
//
// Questions are three random content words of a random sentence, in random order. Right is the
// sentence they come from, or one with the same words. An absent question has one of its words
// replaced by one from another sentence, so that no sentence of the library has all three.

#include "core/answer/extractive_answerer.h"
#include "core/answer/retrieval.h"
#include "core/base/file.h"
#include "core/unicode/fold.h"
#include "ingest/importer.h"
#include "tests/support/library_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace lectern {
namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

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

Result<void> readInto(Library& library, const std::string& helper, const std::string& file) {
  const FileDescriptor opened = TRY(openForReading(file));
  ImportOptions options;
  options.helper = helper;
  Pages pages;
  TRY(importDocument(opened, file, options, pages, {}));
  const auto start = Clock::now();
  test::addPages(library, pages.info, pages.pages);
  fmt::print("{}: {} pages, stored in {:.0f} ms\n", file, pages.pages.size(),
             millisecondsSince(start));
  return {};
}

struct Sentence {
  StoredSegment segment;
  std::vector<std::string> words;  // as written, distinct
};

struct Question {
  std::string text;
  const Sentence* gold = nullptr;
};

class Corpus {
 public:
  static Result<Corpus> read(Library& library) {
    Corpus corpus;
    for (const RevisionInfo& info : TRY(library.revisions())) {
      corpus.scope.push_back(info.id);
      for (StoredSegment& segment :
           TRY(library.segments(info.id, 0, static_cast<int>(info.segments)))) {
        if (segment.segment.kind != SegmentKind::Sentence || !isQuotable(segment)) continue;
        Sentence sentence;
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

  [[nodiscard]] bool anyHasAll(const std::vector<std::string>& words) const {
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

  std::vector<RevisionId> scope;
  std::vector<Sentence> sentences;

 private:
  std::unordered_map<std::string, std::set<size_t>> having_;
};

constexpr size_t kWordsAsked = 3;
constexpr size_t kMinWords = 6;

class Asker {
 public:
  Asker(const Corpus& corpus, uint32_t seed) : corpus_(corpus), random_(seed) {}

  Question present() {
    const Sentence& sentence = any();
    std::vector<std::string> words;
    std::sample(sentence.words.begin(), sentence.words.end(), std::back_inserter(words),
                kWordsAsked, random_);
    std::shuffle(words.begin(), words.end(), random_);
    return {fmt::format("{} {} {}", words[0], words[1], words[2]), &sentence};
  }

  // A name, a number or a year is asked for by its question word and two other words of its
  // sentence.
  Question typed() {
    for (;;) {
      const Sentence& sentence = any();
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

  std::string anyWord() {
    const Sentence& sentence = any();
    return sentence.words[random_() % sentence.words.size()];
  }

  Question absent() {
    for (;;) {
      std::vector<std::string> words;
      const Sentence& sentence = any();
      std::sample(sentence.words.begin(), sentence.words.end(), std::back_inserter(words),
                  kWordsAsked, random_);
      const Sentence& other = any();
      words[0] = other.words[random_() % other.words.size()];
      if (corpus_.anyHasAll(words)) continue;
      std::shuffle(words.begin(), words.end(), random_);
      return {fmt::format("{} {} {}", words[0], words[1], words[2]), nullptr};
    }
  }

 private:
  const Sentence& any() {
    for (;;) {
      const Sentence& sentence = corpus_.sentences[random_() % corpus_.sentences.size()];
      if (sentence.words.size() >= kMinWords) return sentence;
    }
  }

  const Corpus& corpus_;
  std::mt19937 random_;
};

// What was found for a question: each candidate's signs, and whether it is right.
struct Row {
  Signs signs;
  bool right = false;
};
struct Asked {
  std::string question;
  std::vector<Row> rows;  // as ranked
  std::string first;      // the best candidate's text
  double coverage = 0;    // of the best candidate
  bool guarded = false;   // it lacks a guarded word
};

using IsRight = std::function<bool(const Found&)>;

Result<Asked> ask(Library& library,
                  const std::vector<RevisionId>& scope,
                  const std::string& text,
                  const IsRight& isRight) {
  LibraryWeights weights(library);
  const lectern::Question question = analyzeQuestion(text, std::ref(weights));
  const std::vector<Found> found = TRY(findCandidates(library, question, scope));
  std::vector<Candidate> candidates;
  for (const Found& one : found) candidates.push_back(one.candidate);
  Asked asked{text, {}, {}, 0, false};
  for (const Judged& judged : rank(question, candidates)) {
    const Found& one = found[static_cast<size_t>(judged.candidate)];
    if (asked.rows.empty()) {
      asked.first = one.candidate.text;
      asked.coverage = judged.coverage;
      asked.guarded = !judged.missingGuarded.empty();
    }
    asked.rows.push_back({judged.signs, isRight(one)});
  }
  return asked;
}

// The place of the first right candidate under these weights, from 0; -1 where none is.
int placeOf(const Asked& asked, const Signs& weights) {
  double best = 0;
  for (const Row& row : asked.rows) {
    if (row.right) best = std::max(best, scoreOf(row.signs, weights));
  }
  int before = 0;
  bool any = false;
  for (const Row& row : asked.rows) {
    any = any || row.right;
    before += !row.right && scoreOf(row.signs, weights) >= best ? 1 : 0;  // ties count against us
  }
  return any ? before : -1;
}

void printPlaces(std::string_view name, const std::vector<Asked>& all, const Signs& weights) {
  int first = 0;
  int topFive = 0;
  int missed = 0;
  for (const Asked& asked : all) {
    const int place = placeOf(asked, weights);
    first += place == 0 ? 1 : 0;
    topFive += place >= 0 && place < 5 ? 1 : 0;
    missed += place < 0 ? 1 : 0;
  }
  const auto percent = [&](int n) {
    return 100.0 * n / static_cast<double>(std::max<size_t>(all.size(), 1));
  };
  fmt::print("  {:<28} first {:5.1f} %  top five {:5.1f} %  not a candidate {:4.1f} %\n", name,
             percent(first), percent(topFive), percent(missed));
}

void printAblation(std::string_view name, const std::vector<Asked>& all) {
  fmt::print("{}, n = {}\n", name, all.size());
  printPlaces("as it is", all, kWeights);
  const auto without = [&](std::string_view what, double Signs::* sign) {
    Signs weights = kWeights;
    weights.*sign = 0;
    printPlaces(fmt::format("without {}", what), all, weights);
  };
  without("the words", &Signs::own);
  without("their endings", &Signs::exact);
  without("the header", &Signs::header);
  without("BM25", &Signs::bm25);
  without("what is asked for", &Signs::asked);
}

void printThresholds(std::string_view name, const std::vector<Asked>& all) {
  fmt::print("  {:<28}", name);
  for (int percent = 40; percent <= 95; percent += 5) {
    const auto above = std::count_if(all.begin(), all.end(), [&](const Asked& asked) {
      return asked.coverage >= percent / 100.0;
    });
    fmt::print(" {:5.1f}", 100.0 * static_cast<double>(above) /
                               static_cast<double>(std::max<size_t>(all.size(), 1)));
  }
  fmt::print("\n");
}

void printThresholdHeader() {
  fmt::print("Answered, in %, at a coverage of");
  for (int percent = 40; percent <= 95; percent += 5) fmt::print(" {:4} ", percent);
  fmt::print("\n");
}

bool isGold(const Found& found, const Sentence& gold) {
  return std::any_of(found.parts.begin(), found.parts.end(), [&](const StoredSegment& part) {
    return (part.revision == gold.segment.revision && part.number == gold.segment.number) ||
           unicode::fold(part.text) == unicode::fold(gold.segment.text);
  });
}

Result<void> measureGenerated(Library& library,
                              const Corpus& corpus,
                              int questions,
                              uint32_t seed) {
  Asker asker(corpus, seed);
  std::vector<Asked> plain;
  std::vector<Asked> noisy;
  std::vector<Asked> typed;
  std::vector<Asked> absent;
  for (int i = 0; i < questions; ++i) {
    const Question who = asker.typed();
    typed.push_back(TRY(ask(library, corpus.scope, who.text,
                            [&](const Found& found) { return isGold(found, *who.gold); })));
    const Question question = asker.present();
    const auto isRight = [&](const Found& found) { return isGold(found, *question.gold); };
    plain.push_back(TRY(ask(library, corpus.scope, question.text, isRight)));
    noisy.push_back(
        TRY(ask(library, corpus.scope, question.text + " " + asker.anyWord(), isRight)));
    absent.push_back(
        TRY(ask(library, corpus.scope, asker.absent().text, [](const Found&) { return false; })));
  }
  printAblation("Three words of a sentence", plain);
  printAblation("The same and one word of another sentence", noisy);
  printAblation("Who, when or how many, and two words of the sentence", typed);
  printThresholdHeader();
  printThresholds("three words", plain);
  printThresholds("and one of another sentence", noisy);
  printThresholds("two, and one of another", absent);
  return {};
}

Result<void> measureLatency(Library& library, const Corpus& corpus, int questions, uint32_t seed) {
  Asker asker(corpus, seed);
  std::vector<double> times;
  for (int i = 0; i < questions; ++i) {
    const std::string question = asker.present().text;
    const auto start = Clock::now();
    answerExtractively(library, question, corpus.scope, {}, [](const AnswerEvent&) {}, {});
    times.push_back(millisecondsSince(start));
  }
  std::sort(times.begin(), times.end());
  fmt::print("whole answer: median {:.1f} ms, p95 {:.1f} ms, worst {:.1f} ms\n",
             times[times.size() / 2], times[times.size() * 95 / 100], times.back());
  return {};
}

// Lines: question, tab, words that the right sentence has as they stand; nothing behind the tab
// where the documents do not say it. "#" starts a comment.
Result<void> measureWritten(Library& library, const Corpus& corpus, const std::string& file) {
  std::vector<Asked> present;
  std::vector<Asked> absent;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const size_t tab = line.find('\t');
    if (line.empty() || line[0] == '#' || tab == std::string::npos) continue;
    const std::string words = unicode::fold(line.substr(tab + 1));
    Asked asked = TRY(ask(library, corpus.scope, line.substr(0, tab), [&](const Found& found) {
      return !words.empty() && unicode::fold(found.candidate.text).find(words) != std::string::npos;
    }));
    const int place = placeOf(asked, kWeights);
    if (words.empty() || place != 0) {
      fmt::print("  {} {:.2f}: {}\n    first: {}\n",
                 words.empty() ? "absent" : fmt::format("place {}", place), asked.coverage,
                 asked.question, asked.first);
    }
    (words.empty() ? absent : present).push_back(std::move(asked));
  }
  printAblation("Written questions", present);
  printThresholdHeader();
  printThresholds("written, answerable", present);
  printThresholds("written, not answerable", absent);
  return {};
}

Result<void> run(const std::vector<std::string>& arguments) {
  std::vector<std::string> files;
  std::vector<std::string> plain;
  std::string written;
  std::string helper;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--ask" && i + 1 < arguments.size()) {
      written = arguments[++i];
    } else if (arguments[i] == "--read" && i + 1 < arguments.size()) {
      helper = arguments[++i];
      while (i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) {
        files.push_back(arguments[++i]);
      }
    } else {
      plain.push_back(arguments[i]);
    }
  }
  namespace fs = std::filesystem;
  const fs::path temporary = fs::temp_directory_path() / fmt::format("answer-eval-{}", getpid());
  std::unique_ptr<Library> library;
  if (files.empty()) {
    if (plain.empty())
      return Error{ErrorCode::Usage, "Name a library's folder, or --read HELPER FILE…"};
    library = TRY(Library::open(plain[0], Library::OpenMode::Read));
    plain.erase(plain.begin());
  } else {
    library = TRY(Library::open(temporary, Library::OpenMode::ReadWrite));
    for (const std::string& file : files) {
      TRY(readInto(*library, helper, file));
    }
  }
  const int questions = plain.empty() ? 500 : std::stoi(plain[0]);
  const uint32_t seed = plain.size() < 2 ? 1 : static_cast<uint32_t>(std::stoi(plain[1]));
  const Corpus corpus = TRY(Corpus::read(*library));
  fmt::print("{} documents, {} sentences, {} questions, seed {}\n", corpus.scope.size(),
             corpus.sentences.size(), questions, seed);
  TRY(measureGenerated(*library, corpus, questions, seed));
  TRY(measureLatency(*library, corpus, questions, seed + 1));
  if (!written.empty()) TRY(measureWritten(*library, corpus, written));
  library.reset();
  fs::remove_all(temporary);
  return {};
}

}  // namespace
}  // namespace lectern

int main(int argc, char** argv) {
  const auto done = lectern::run({argv + 1, argv + argc});
  if (!done.has_value()) fmt::print(stderr, "{}\n", done.error().message);
  return done.has_value() ? 0 : 1;
}
