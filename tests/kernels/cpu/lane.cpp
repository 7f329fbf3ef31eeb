// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/suite/lane.h"

#include "tests/support/backends.h"

namespace lectern::kernels {

std::vector<std::string> testedBackends() {
  std::vector<std::string> names = test::backendNames();
  std::erase_if(names, [](const std::string& name) { return !name.starts_with("cpu-"); });
  return names;
}

Lane laneOf(const std::string& backend) {
  Lane lane;
  if (backend == "cpu-avx512-bf16" || backend == "cpu-avx512-amx") {
    lane.roundsFrom = 1 << 19;
    lane.attentionRounds = true;
    lane.roundsQuantised = backend == "cpu-avx512-amx";
  }
  return lane;
}

std::unique_ptr<Backend> openTested(const std::string& name, int threads) {
  return openBackend(name, threads).value();
}

std::string whySkipped() {
  return {};
}
void beginCase(const std::string& /*backend*/, int /*order*/) {}
std::string endCase() {
  return {};
}

}  // namespace lectern::kernels
