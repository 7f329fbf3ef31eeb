// SPDX-License-Identifier: GPL-3.0-or-later
// What makes of the backend's own sources, the stand-in for the runtime and engine A a plug-in that
// any program of ours can open (LECTERN_CUDA_PLUGIN): the whole way through a model on a card that
// is none. LECTERN_SIMT is a list of settings, "seed=3,preempt=101,trace=0,memory-mib=2048".
// What the engine finds wrong ends the program with 86 when it would end.
#include "tests/simt/simt.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace lectern::simt {
namespace {

int64_t settingOf(std::string_view list, std::string_view name, int64_t otherwise) {
  for (size_t at = 0; at < list.size();) {
    const std::string_view item = list.substr(at, list.find(',', at) - at);
    if (item.starts_with(name) && item.substr(name.size()).starts_with('=')) {
      return std::atoll(std::string(item.substr(name.size() + 1)).c_str());
    }
    at += item.size() + 1;
  }
  return otherwise;
}

class Run {
 public:
  Run() {
    const char* given = std::getenv("LECTERN_SIMT");
    const std::string_view list = given != nullptr ? given : "";
    Options options;
    options.seed = static_cast<uint32_t>(settingOf(list, "seed", 0));
    options.preemptEvery = static_cast<int>(settingOf(list, "preempt", 0));
    options.trace = settingOf(list, "trace", 1) != 0;
    cuda_runtime::Settings settings;
    settings.seed = options.seed;
    settings.memoryBytes = settingOf(list, "memory-mib", settings.memoryBytes >> 20) << 20;
    reset(options, settings);
  }
  ~Run() {
    const std::string found = cuda_runtime::findingsText();
    if (found.empty()) return;
    std::fprintf(stderr, "%s\n", found.c_str());
    std::fflush(nullptr);
    std::_Exit(86);
  }
};

const Run kRun;

}  // namespace
}  // namespace lectern::simt
