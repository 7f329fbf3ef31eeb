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

#include "core/answer/citation_resolver.h"
#include "core/answer/extractive_answerer.h"
#include "core/answer/outline_summary.h"
#include "core/answer/retrieval.h"
#include "core/unicode/fold.h"
#include "tests/bench/question_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace lectern {
namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// What was found for a question: each candidate's signs, and whether it is right.
struct Row {
  Signs signs;
  bool right = false;
};
struct Outcome {
  std::string question;
  std::vector<Row> rows;  // as ranked
  std::string first;      // the best candidate's text
  double coverage = 0;    // of the best candidate
};

using IsRight = std::function<bool(const Found&)>;

Result<Outcome> ask(Library& library,
                    const std::vector<RevisionId>& scope,
                    const std::string& text,
                    const IsRight& isRight) {
  LibraryWeights weights(library);
  const Question question = analyzeQuestion(text, std::ref(weights));
  const std::vector<Found> found = TRY(findCandidates(library, question, scope));
  std::vector<Candidate> candidates;
  for (const Found& one : found) candidates.push_back(one.candidate);
  Outcome asked{text, {}, {}, 0};
  for (const Judged& judged : rank(question, candidates)) {
    const Found& one = found[static_cast<size_t>(judged.candidate)];
    if (asked.rows.empty()) {
      asked.first = one.candidate.text;
      asked.coverage = judged.coverage;
    }
    asked.rows.push_back({judged.signs, isRight(one)});
  }
  return asked;
}

// The place of the first right candidate under these weights, from 0; -1 where none is.
int placeOf(const Outcome& asked, const Signs& weights) {
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

void printPlaces(std::string_view name, const std::vector<Outcome>& all, const Signs& weights) {
  int first = 0;
  int topFive = 0;
  int missed = 0;
  for (const Outcome& asked : all) {
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

void printAblation(std::string_view name, const std::vector<Outcome>& all) {
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

void printThresholds(std::string_view name, const std::vector<Outcome>& all) {
  fmt::print("  {:<28}", name);
  for (int percent = 40; percent <= 95; percent += 5) {
    const auto above = std::count_if(all.begin(), all.end(), [&](const Outcome& asked) {
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

Result<void> measureGenerated(Library& library,
                              const test::Corpus& corpus,
                              int questions,
                              uint32_t seed) {
  test::Asker asker(corpus, seed);
  std::vector<Outcome> plain;
  std::vector<Outcome> noisy;
  std::vector<Outcome> typed;
  std::vector<Outcome> absent;
  for (int i = 0; i < questions; ++i) {
    const test::Posed who = asker.typed();
    typed.push_back(TRY(ask(library, corpus.scope, who.text,
                            [&](const Found& found) { return test::isRight(found, *who.gold); })));
    const test::Posed question = asker.present();
    const auto isRight = [&](const Found& found) { return test::isRight(found, *question.gold); };
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

Result<void> measureAnswers(Library& library,
                            const test::Corpus& corpus,
                            int questions,
                            uint32_t seed) {
  test::Asker asker(corpus, seed);
  std::vector<double> times;
  std::vector<Citation> citations;
  const auto keep = [&](const AnswerEvent& event) {
    const auto* cited = std::get_if<Cited>(&event);
    if (cited == nullptr) return;
    citations.insert(citations.end(), cited->claim.citations.begin(), cited->claim.citations.end());
  };
  for (int i = 0; i < questions; ++i) {
    const std::string question = asker.present().text;
    const auto start = Clock::now();
    answerExtractively(library, question, corpus.scope, {}, keep, {});
    times.push_back(millisecondsSince(start));
  }
  std::sort(times.begin(), times.end());
  fmt::print("Whole answer: median {:.1f} ms, p95 {:.1f} ms, worst {:.1f} ms\n",
             times[times.size() / 2], times[times.size() * 95 / 100], times.back());
  int proven = 0;
  for (Citation& citation : citations) {
    StoredCitation stored;
    stored.citation = std::move(citation);
    proven += TRY(verifyCitation(library, stored)).empty() ? 1 : 0;
  }
  fmt::print("{} of {} citations verify\n", proven, citations.size());
  return {};
}

Result<void> measureOutlines(Library& library) {
  for (const RevisionInfo& info : TRY(library.revisions())) {
    const auto start = Clock::now();
    const std::vector<SectionSummary> sections = TRY(summarizeOutline(library, info.id, {}, {}));
    const double milliseconds = millisecondsSince(start);
    size_t sentences = 0;
    for (const SectionSummary& section : sections) sentences += section.sentences.size();
    fmt::print("Outline of {} pages: {} sections, {} sentences, {:.0f} ms\n", info.pagesStored,
               sections.size(), sentences, milliseconds);
  }
  return {};
}

// Lines: question, tab, words that the right sentence has as they stand; nothing behind the tab
// where the documents do not say it. "#" starts a comment.
Result<void> measureWritten(Library& library, const test::Corpus& corpus, const std::string& file) {
  std::vector<Outcome> present;
  std::vector<Outcome> absent;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const size_t tab = line.find('\t');
    if (line.empty() || line[0] == '#' || tab == std::string::npos) continue;
    const std::string words = unicode::fold(line.substr(tab + 1));
    Outcome asked = TRY(ask(library, corpus.scope, line.substr(0, tab), [&](const Found& found) {
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
      const auto start = Clock::now();
      const int pages = TRY(test::importInto(*library, helper, file));
      fmt::print("{}: {} pages in {:.0f} ms\n", file, pages, millisecondsSince(start));
    }
  }
  const int questions = plain.empty() ? 500 : std::stoi(plain[0]);
  const uint32_t seed = plain.size() < 2 ? 1 : static_cast<uint32_t>(std::stoi(plain[1]));
  const test::Corpus corpus = TRY(test::Corpus::read(*library));
  fmt::print("{} documents, {} sentences, {} questions, seed {}\n", corpus.scope.size(),
             corpus.sentences.size(), questions, seed);
  TRY(measureGenerated(*library, corpus, questions, seed));
  TRY(measureAnswers(*library, corpus, questions, seed + 1));
  TRY(measureOutlines(*library));
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
