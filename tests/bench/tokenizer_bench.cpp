// SPDX-License-Identifier: GPL-3.0-or-later
//
// tokenizer_bench TOKENIZER.json TEXT…: how many megabytes a second one thread tokenises, file by
// file, each as it is (every word is seen for the first time at first) and then as part of a
// megabyte of itself. By the thread's own time, the best of several.
#include "core/base/file.h"
#include "core/base/utf8.h"
#include "core/text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>

namespace lectern {
namespace {

constexpr int64_t kMaxBytes = int64_t{1} << 30;
constexpr size_t kLong = 1 << 20;

double threadSeconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double megabytesPerSecond(const text::Tokenizer& tokenizer, const std::string& text) {
  double best = 0;
  size_t tokens = 0;
  for (int i = 0; i < 5; ++i) {
    const double begin = threadSeconds();
    tokens += tokenizer.encode(text).size();
    best = std::max(best, 1e-6 * static_cast<double>(text.size()) / (threadSeconds() - begin));
  }
  return tokens > 0 ? best : 0;
}

int run(int count, char** arguments) {
  if (count < 3) {
    std::fputs("tokenizer_bench TOKENIZER.json TEXT…\n", stderr);
    return 2;
  }
  const auto tokenizer = text::Tokenizer::fromFile(arguments[1]);
  if (!tokenizer) {
    std::fputs(tokenizer.error().message.c_str(), stderr);
    return 1;
  }
  fmt::print("{:40}{:>10}{:>12}{:>12}\n", "MB/s on one thread", "bytes", "as it is", "repeated");
  for (int i = 2; i < count; ++i) {
    const auto file = readFile(arguments[i], kMaxBytes);
    if (!file) continue;
    const std::string text = utf8::repaired(*file);
    std::string repeated = text;
    while (!text.empty() && repeated.size() < kLong) repeated += text;
    const std::string name = arguments[i];
    fmt::print("{:40}{:>10}{:>12.1f}{:>12.1f}\n", name.substr(name.rfind('/') + 1), text.size(),
               megabytesPerSecond(**tokenizer, text), megabytesPerSecond(**tokenizer, repeated));
  }
  return 0;
}

}  // namespace
}  // namespace lectern

int main(int count, char** arguments) {
  return lectern::run(count, arguments);
}
