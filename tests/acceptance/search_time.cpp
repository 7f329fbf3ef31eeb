// SPDX-License-Identifier: GPL-3.0-or-later
// search_time FOLDER WORD…: how long the slowest of twenty searches takes in the library of that
// folder, segments and passages together, in milliseconds.
#include "core/library/library.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace {

lectern::Result<double> slowestMilliseconds(const char* folder,
                                            const std::vector<std::string>& words) {
  using Clock = std::chrono::steady_clock;
  const auto library = TRY(lectern::Library::open(folder, lectern::Library::OpenMode::Read));
  std::vector<lectern::RevisionId> scope;
  const auto revisions = TRY(library->revisions());
  for (const auto& info : revisions) scope.push_back(info.id);
  double slowest = 0;
  for (int i = 0; i < 20; ++i) {
    const auto started = Clock::now();
    TRY(library->searchSegments(words, scope, 50));
    TRY(library->searchPassages(words, scope, 50));
    slowest = std::max(slowest,
                       std::chrono::duration<double, std::milli>(Clock::now() - started).count());
  }
  return slowest;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: search_time FOLDER WORD…\n", stderr);
    return 2;
  }
  const auto slowest = slowestMilliseconds(argv[1], {argv + 2, argv + argc});
  if (!slowest) {
    std::fprintf(stderr, "%s\n", slowest.error().message.c_str());
    return 1;
  }
  std::printf("%.1f\n", *slowest);
  return 0;
}
