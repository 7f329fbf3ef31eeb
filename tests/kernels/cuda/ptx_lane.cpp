// SPDX-License-Identifier: GPL-3.0-or-later
// The lanes cuda/ptx80 and cuda/ptx120: the backend behind the plug-in's table, on the stand-in for
// the runtime, with the PTX that nvcc made of the kernels, interpreted instruction by instruction.
#include "tests/kernels/cuda/cuda_lane.h"
#include "tests/ptx/launcher.h"

namespace lectern::kernels {

std::vector<std::string> testedBackends() {
  return {"cuda/ptx" LECTERN_PTX_ARCHITECTURE};
}

Lane laneOf(const std::string& /*backend*/) {
  Lane lane = cudaLane();
  lane.mostWork = 150'000;
  return lane;
}

void beginCase(const std::string& /*backend*/, int order) {
  ptx::Options options;
  options.seed = static_cast<uint32_t>(order) + 1;
  cuda_runtime::Settings settings;
  settings.seed = options.seed;
  ptx::reset(options, settings);
}

}  // namespace lectern::kernels
