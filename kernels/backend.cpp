// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/backend.h"

#include "kernels/contract.h"
#include "kernels/cpu/cpu_backend.h"
#include "kernels/reference/reference_backend.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace lectern::kernels {

namespace {

struct Implementation {
  std::string_view name;
  bool (*isSupported)();
  std::unique_ptr<Backend> (*make)(int threads);
};

template <const cpu::Kernels& kernels>
std::unique_ptr<Backend> makeCpu(int threads) {
  return makeCpuBackend(kernels, threads);
}

// Those of this machine, best first.
std::vector<Implementation> implementations() {
  std::vector<Implementation> all = {
#if defined(__x86_64__)
      {cpu::kAvx512Bf16.name, cpu::kAvx512Bf16.isSupported, makeCpu<cpu::kAvx512Bf16>},
      {cpu::kAvx512.name, cpu::kAvx512.isSupported, makeCpu<cpu::kAvx512>},
      {cpu::kAvx2.name, cpu::kAvx2.isSupported, makeCpu<cpu::kAvx2>},
#endif
      {cpu::kScalar.name, cpu::kScalar.isSupported, makeCpu<cpu::kScalar>},
      {"reference", [] { return true; }, [](int) { return makeReferenceBackend(); }},
  };
  std::erase_if(all, [](const Implementation& one) { return !one.isSupported(); });
  return all;
}

}  // namespace

void Backend::run(const Operation& operation, Stream& stream) {
  const std::string breach = contractBreach(operation);
  if (!breach.empty()) {
    std::fprintf(stderr, "lectern: %s\n", breach.c_str());
    LECTERN_CHECK(breach.empty());
  }
  stream.enqueue(operation);
}

std::vector<BackendProperties> availableBackends() {
  std::vector<BackendProperties> backends;
  for (const Implementation& implementation : implementations()) {
    backends.push_back(implementation.make(1)->properties());
  }
  return backends;
}

Result<std::unique_ptr<Backend>> openBackend(std::string_view name, int threads) {
  if (name.empty()) {
    const char* forced = std::getenv("LECTERN_BACKEND");
    name = forced != nullptr ? forced : "";
  }
  std::string known;
  for (const Implementation& implementation : implementations()) {
    if (name.empty() || name == implementation.name) return implementation.make(threads);
    known += fmt::format("{}{}", known.empty() ? "" : ", ", implementation.name);
  }
  return Error{ErrorCode::Usage,
               fmt::format("There is no backend \"{}\" here. This machine has: {}.", name, known)};
}

}  // namespace lectern::kernels
