// SPDX-License-Identifier: GPL-3.0-or-later
// Measures the library on a text of many pages: pages a second, sealing, size, and search times.
//
//   pdftotext long.pdf long.txt && core_library_bench long.txt
//
// A form feed ends a page, a line is a segment, eight segments are a passage. Times are of one run.

#include "core/library/library.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace lectern {
namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void must(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

struct Input {
  std::vector<Page> pages;
  std::vector<Segment> segments;
  std::vector<Passage> passages;
  int64_t textBytes = 0;
};

// A run for each word, as the extractors make them.
void addLine(Page& page, std::string_view line) {
  const auto begin = static_cast<int64_t>(page.text.size());
  page.text += line;
  for (size_t at = 0; at < line.size();) {
    const size_t end = std::min(line.find(' ', at), line.size());
    if (end > at) {
      GlyphRun run;
      run.span = {begin + static_cast<int64_t>(at), begin + static_cast<int64_t>(end)};
      run.box = {100, 100, 2000, 200};
      for (size_t i = at; i <= end; ++i) run.edges.push_back(static_cast<uint16_t>(300 * (i - at)));
      page.runs.push_back(run);
    }
    at = end + 1;
  }
  page.blocks.push_back({BlockKind::Paragraph, 0, {begin, static_cast<int64_t>(page.text.size())}});
  page.text += "\n\n";
}

Input read(const std::string& text) {
  Input input;
  size_t at = 0;
  while (at < text.size()) {
    const size_t pageEnd = std::min(text.find('\f', at), text.size());
    Page page;
    page.number = static_cast<int>(input.pages.size()) + 1;
    while (at < pageEnd) {
      const size_t end = std::min(text.find('\n', at), pageEnd);
      if (end > at) addLine(page, std::string_view(text).substr(at, end - at));
      at = end + 1;
    }
    at = pageEnd + 1;
    for (const Block& block : page.blocks) {
      const auto number = static_cast<int>(input.segments.size());
      if (number % 8 == 0) input.passages.push_back({number, number, "A title › A heading"});
      input.passages.back().lastSegment = number;
      input.segments.push_back(
          {SegmentKind::Sentence, block.span.shifted(input.textBytes), page.number, -1, false});
    }
    input.textBytes += static_cast<int64_t>(page.text.size());
    input.pages.push_back(std::move(page));
  }
  return input;
}

void measureSearch(Library& library, RevisionId id, const std::vector<std::string>& words) {
  const auto time = [](auto&& search) {
    double best = 1e9;
    for (int i = 0; i < 5; ++i) {
      const auto start = std::chrono::steady_clock::now();
      search();
      best = std::min(best, secondsSince(start));
    }
    return best * 1e3;
  };
  std::string label;
  for (const std::string& word : words) {
    label += fmt::format("{} ({}) ", word, library.segmentFrequency(word).value());
  }
  fmt::print("{:60} segments {:6.1f} ms  passages {:6.1f} ms\n", label,
             time([&] { library.searchSegments(words, {id}, 50).value(); }),
             time([&] { library.searchPassages(words, {id}, 50).value(); }));
}

int run(const char* path) {
  const Input input = read(readFile(path, int64_t{1} << 30).value());
  std::string pattern = std::filesystem::temp_directory_path() / "lectern-bench-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) return 1;
  const std::filesystem::path folder = pattern;
  auto library = Library::open(folder, Library::OpenMode::ReadWrite).value();
  fmt::print("{} pages, {:.2f} MB of text, {} segments, {} passages\n", input.pages.size(),
             static_cast<double>(input.textBytes) / 1e6, input.segments.size(),
             input.passages.size());

  const RevisionId id = library->beginRevision(sha256("bench"), 5, {}).value();
  auto start = std::chrono::steady_clock::now();
  for (const Page& page : input.pages) must(library->addPage(id, page));
  const double adding = secondsSince(start);
  fmt::print("pages: {:.0f} a second\n", static_cast<double>(input.pages.size()) / adding);
  start = std::chrono::steady_clock::now();
  must(library->seal(id, input.segments, input.passages));
  fmt::print("sealing: {:.2f} s\n", secondsSince(start));

  measureSearch(*library, id, {"regression"});
  measureSearch(*library, id, {"linear", "model", "residuals"});
  measureSearch(*library, id, {"function", "character", "string", "vector"});
  measureSearch(*library, id, {"the", "of", "a", "to"});

  start = std::chrono::steady_clock::now();
  const DatabaseReport report = library->checkDatabase().value();
  fmt::print("check: {:.2f} s, {} problems\n", secondsSince(start), report.problems.size());
  library.reset();
  start = std::chrono::steady_clock::now();
  library = Library::open(folder, Library::OpenMode::ReadWrite).value();
  fmt::print("open with a backup: {:.2f} s\n", secondsSince(start));
  const auto size = static_cast<double>(std::filesystem::file_size(folder / "library.db"));
  fmt::print("database: {:.1f} MB, {:.1f} times the text\n", size / 1e6,
             size / static_cast<double>(input.textBytes));
  start = std::chrono::steady_clock::now();
  must(library->removeRevision(id));
  fmt::print("removing: {:.2f} s\n", secondsSince(start));
  struct rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  fmt::print("most memory: {} MB\n", usage.ru_maxrss / 1024);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace lectern

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: core_library_bench TEXT\n");
    return 2;
  }
  return lectern::run(argv[1]);
}
