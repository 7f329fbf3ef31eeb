// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/backend.h"

#include "kernels/contract.h"
#include "kernels/cpu/cpu_backend.h"
#include "kernels/plugin.h"
#include "kernels/reference/reference_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <utility>

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
      {cpu::kAvx512Amx.name, cpu::kAvx512Amx.isSupported, makeCpu<cpu::kAvx512Amx>},
      {cpu::kAvx512Bf16.name, cpu::kAvx512Bf16.isSupported, makeCpu<cpu::kAvx512Bf16>},
      {cpu::kAvx512.name, cpu::kAvx512.isSupported, makeCpu<cpu::kAvx512>},
      {cpu::kAvx2Vnni.name, cpu::kAvx2Vnni.isSupported, makeCpu<cpu::kAvx2Vnni>},
      {cpu::kAvx2.name, cpu::kAvx2.isSupported, makeCpu<cpu::kAvx2>},
#endif
      {cpu::kScalar.name, cpu::kScalar.isSupported, makeCpu<cpu::kScalar>},
      {"reference", [] { return true; }, [](int) { return makeReferenceBackend(); }},
  };
  std::erase_if(all, [](const Implementation& one) { return !one.isSupported(); });
#if defined(__x86_64__)
  // Intel's processors multiply pairs of bfloat16 half as fast as two floats, with less accuracy,
  // where they have no matrix unit.
  const auto pairs = std::ranges::find(all, cpu::kAvx512Bf16.name, &Implementation::name);
  if (__builtin_cpu_is("intel") != 0 && pairs != all.end()) std::iter_swap(pairs, pairs + 1);
#endif
  return all;
}

std::string knownNames() {
  std::string names;
  for (const BackendProperties& backend : availableBackends()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", backend.name);
  }
  return names;
}

// An empty name is $LECTERN_BACKEND, or still empty.
std::string nameOrWish(std::string_view name) {
  const char* forced = name.empty() ? std::getenv("LECTERN_BACKEND") : nullptr;
  return std::string(forced != nullptr ? forced : name);
}

Error noSuchBackend(std::string_view name) {
  return {ErrorCode::Usage, fmt::format("There is no backend \"{}\" here. This machine has: {}.",
                                        name, knownNames())};
}

// "cuda" is the first that can be used; where none can, the first one says why.
Result<std::unique_ptr<Backend>> openCuda(std::string_view name) {
  const auto& devices = cudaDevices();
  const auto found = name == "cuda" ? std::ranges::find_if(devices, &BackendProperties::usable)
                                    : std::ranges::find(devices, name, &BackendProperties::name);
  if (found == devices.end() && name != "cuda" && devices.front().name != "cuda") {
    return Error{ErrorCode::Usage,
                 fmt::format("There is no graphics card \"{}\" here. This machine has: {}.", name,
                             knownNames())};
  }
  const auto index = found == devices.end() ? 0 : static_cast<int>(found - devices.begin());
  Result<std::unique_ptr<Backend>> opened = openCudaDevice(index);
  if (opened) return opened;
  return Error{opened.error().code,
               fmt::format("The backend \"{}\" cannot be used: {} This machine has: {}.", name,
                           opened.error().message, knownNames())};
}

// The best that opens, with the reasons of those that are better and do not.
Result<std::unique_ptr<Backend>> openBest(int threads) {
  std::string reason;
  const auto& devices = cudaDevices();
  for (size_t i = 0; i < devices.size(); ++i) {
    Result<std::unique_ptr<Backend>> opened = openCudaDevice(static_cast<int>(i));
    if (opened) {
      (*opened)->explainChoice(std::move(reason));
      return opened;
    }
    reason +=
        fmt::format("{}{}: {}", reason.empty() ? "" : " ", devices[i].name, opened.error().message);
  }
  auto backend = implementations().front().make(threads);
  backend->explainChoice(std::move(reason));
  return backend;
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
  std::ranges::copy_if(cudaDevices(), std::back_inserter(backends), &BackendProperties::usable);
  for (const Implementation& implementation : implementations()) {
    backends.push_back(implementation.make(1)->properties());
  }
  return backends;
}

std::vector<BackendProperties> unusableBackends() {
  std::vector<BackendProperties> backends;
  std::ranges::copy_if(cudaDevices(), std::back_inserter(backends),
                       [](const BackendProperties& device) { return !device.usable; });
  return backends;
}

Result<BackendProperties> chosenBackend(std::string_view wish) {
  const std::string name = nameOrWish(wish);
  for (BackendProperties& device : availableBackends()) {
    const bool isOfFamily = (name == "cpu" || name == "cuda") && device.name.starts_with(name);
    if (!name.empty() && name != device.name && !isOfFamily) continue;
    if (!name.empty()) return device;
    for (const BackendProperties& better : unusableBackends()) {
      device.reason +=
          fmt::format("{}{}: {}", device.reason.empty() ? "" : " ", better.name, better.reason);
    }
    return device;
  }
  if (!name.starts_with("cuda")) return noSuchBackend(name);
  Result<std::unique_ptr<Backend>> refused = openCuda(name);  // says why
  if (refused) return (*refused)->properties();
  return refused.error();
}

Result<std::unique_ptr<Backend>> openBackend(std::string_view wish, int threads) {
  const std::string name = nameOrWish(wish);
  if (name.empty()) return openBest(threads);
  if (name.starts_with("cuda")) return openCuda(name);
  for (const Implementation& implementation : implementations()) {
    const bool isBestOfProcessor = name == "cpu";  // they come best first
    if (isBestOfProcessor || name == implementation.name) return implementation.make(threads);
  }
  return noSuchBackend(name);
}

}  // namespace lectern::kernels
