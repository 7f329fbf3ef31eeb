// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/bench/workbench.h"

#include <functional>
#include <string>
#include <vector>

namespace lectern::bench {

/// One operation at one size.
struct SelfTestCase {
  std::string name;
  double bound = 0;
  /// Carries it out and gives back all that it wrote.
  std::function<std::vector<std::vector<float>>(Workbench&)> run;
};

std::vector<SelfTestCase> selfTestCases();

}  // namespace lectern::bench
