// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/backend.h"

#include "kernels/contract.h"
#include "kernels/reference/reference_backend.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace lectern::kernels {

namespace {

struct Implementation {
  std::string_view name;
  std::unique_ptr<Backend> (*make)(int threads);
};

// Best first.
constexpr Implementation kImplementations[] = {
    {"reference", [](int) { return makeReferenceBackend(); }},
};

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
  for (const Implementation& implementation : kImplementations) {
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
  for (const Implementation& implementation : kImplementations) {
    if (name.empty() || name == implementation.name) return implementation.make(threads);
    known += fmt::format("{}{}", known.empty() ? "" : ", ", implementation.name);
  }
  return Error{ErrorCode::Usage,
               fmt::format("There is no backend \"{}\" here. This machine has: {}.", name, known)};
}

}  // namespace lectern::kernels
