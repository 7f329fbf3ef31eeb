// SPDX-License-Identifier: GPL-3.0-or-later
// The lane cuda/simt: the backend behind the plug-in's table, on the stand-in for the runtime, with
// kernels that engine A runs thread by thread and access by access: in the order of their numbers,
// then in two random ones that also change in the middle of what a thread does. $LECTERN_SIMT_SEED
// is added to the seeds.
#include "tests/kernels/cuda/cuda_lane.h"
#include "tests/simt/simt.h"

#include <cstdlib>

namespace lectern::kernels {

std::vector<std::string> testedBackends() {
  return {"cuda/simt"};
}

Lane laneOf(const std::string& /*backend*/) {
  Lane lane = cudaLane();
  lane.orders = 3;
  lane.mostWork = 150'000;  // a quarter of a second a case
  return lane;
}

void beginCase(const std::string& /*backend*/, int order) {
  const char* seed = std::getenv("LECTERN_SIMT_SEED");
  simt::Options options;
  options.seed = (seed != nullptr ? static_cast<uint32_t>(std::atoi(seed)) : 0) + order;
  options.preemptEvery = options.seed == 0 ? 0 : 101;
  cuda_runtime::Settings settings;
  settings.seed = options.seed;
  simt::reset(options, settings);
}

}  // namespace lectern::kernels
