// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "kernels/backend.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::bench {

/// One thing that a device did beside the reference.
struct SelfTestCheck {
  std::string name;
  double error = 0;  ///< the largest difference, over the largest value
  double bound = 0;
  double seconds = 0;   ///< of the device
  std::string problem;  ///< what else went wrong; empty: nothing

  [[nodiscard]] bool isPassed() const { return problem.empty() && error <= bound; }
};

struct SelfTestReport {
  kernels::BackendProperties device;
  kernels::BackendProperties reference;
  std::vector<SelfTestCheck> checks;

  [[nodiscard]] int64_t failures() const;
};

using SelfTestProgress = std::function<void(std::string_view check, int64_t done, int64_t total)>;

/// Lets a device carry out every operation, at the edges of its tiles and at sizes that models
/// have, and read a text and go on from it with a model; the backend "reference" does the same.
/// What differs, or fails on the way, is a check that is not passed; after a fault the device is
/// lost and every check behind it says so. Errors: Cancelled, and those of opening the model for
/// the reference.
Result<SelfTestReport> runSelfTest(const std::shared_ptr<kernels::Backend>& device,
                                   const std::filesystem::path& model,
                                   const SelfTestProgress& progress,
                                   std::stop_token stop);

}  // namespace lectern::bench
