// SPDX-License-Identifier: GPL-3.0-or-later
// The lane cuda/cublas: as cuda/simt, with every product of bfloat16 weights and more than one row
// by the substitute for cuBLAS.
#include "kernels/cuda/cublas.h"
#include "tests/cublas/attach.h"
#include "tests/kernels/cuda/cuda_lane.h"
#include "tests/simt/simt.h"

#include <cstdlib>

namespace lectern::kernels {

std::vector<std::string> testedBackends() {
  return {"cuda/cublas"};
}

std::vector<DType> testedWeights() {
  return {DType::BF16};
}

Lane laneOf(const std::string& /*backend*/) {
  Lane lane = cudaLane();
  lane.orders = 2;
  lane.mostWork = 8'000'000;
  return lane;
}

void beginCase(const std::string& /*backend*/, int order) {
  (void)::setenv("LECTERN_CUBLAS", LECTERN_CUBLAS_SUBSTITUTE, 1);
  cuda::Cublas::setLeast({.rows = 2, .elements = 0});
  simt::Options options;
  options.seed = static_cast<uint32_t>(order);
  options.preemptEvery = options.seed == 0 ? 0 : 101;
  cuda_runtime::Settings settings;
  settings.seed = options.seed;
  simt::reset(options, settings);
  ASSERT_NE(cublas_substitute::attach(LECTERN_CUBLAS_SUBSTITUTE), nullptr);
}

}  // namespace lectern::kernels
