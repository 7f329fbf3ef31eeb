// SPDX-License-Identifier: GPL-3.0-or-later
// The lane cuda/simt: the backend behind the plug-in's table, on the stand-in for the runtime, with
// kernels that engine A runs thread by thread and access by access, in an order of blocks and
// threads that $LECTERN_SIMT_SEED chooses and that changes at random accesses besides. The kernels
// alone are tested at more sizes and in more orders by kernels_cuda_test; here they are looked at
// through all that lies between them and a model.
#include "tests/kernels/cuda/cuda_lane.h"
#include "tests/simt/simt.h"

#include <cstdlib>

namespace lectern::kernels {

std::vector<std::string> testedBackends() {
  return {"cuda/simt"};
}

Lane laneOf(const std::string& /*backend*/) {
  Lane lane = cudaLane();
  lane.mostWork = 150'000;  // a quarter of a second a case
  return lane;
}

std::unique_ptr<Backend> openTested(const std::string& name, int threads) {
  return openStandIn(name, threads);
}

std::string whySkipped() {
  return {};
}

void beginCase(const std::string& /*backend*/) {
  const char* seed = std::getenv("LECTERN_SIMT_SEED");
  simt::Options options;
  options.seed = seed != nullptr ? static_cast<uint32_t>(std::atoi(seed)) : 1;
  options.preemptEvery = 101;
  cuda_runtime::Settings settings;
  settings.seed = options.seed;
  simt::reset(options, settings);
}

std::string endCase() {
  return cuda_runtime::findingsText();
}

}  // namespace lectern::kernels
