// SPDX-License-Identifier: GPL-3.0-or-later
// The lane cuda/hw: liblectern-cuda.so as it is shipped, on the first card that can be used.
#include "kernels/plugin.h"
#include "tests/kernels/cuda/cuda_lane.h"

#include <algorithm>
#include <cstdlib>

namespace lectern::kernels {

std::vector<std::string> testedBackends() {
  return {"cuda/hw"};
}

Lane laneOf(const std::string& /*backend*/) {
  return cudaLane();
}

std::unique_ptr<Backend> openTested(const std::string& name, int threads) {
  return openBackend(name == "cuda/hw" ? "cuda" : name, threads).value();
}

std::string whySkipped() {
  (void)::setenv("LECTERN_CUDA_PLUGIN", LECTERN_CUDA_PLUGIN_FILE, 0);
  const auto& devices = cudaDevices();
  if (std::ranges::any_of(devices, &BackendProperties::usable)) return {};
  return "no graphics card to run on: " + devices.front().reason;
}

void beginCase(const std::string& /*backend*/, int /*order*/) {}
std::string endCase() {
  return {};
}

}  // namespace lectern::kernels
