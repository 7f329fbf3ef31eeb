// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/suite/lane.h"

namespace lectern::kernels {

std::vector<DType> testedWeights() {
  return {DType::F32,  DType::BF16, DType::Q8_0, DType::Q4_0, DType::Q4_1,
          DType::Q5_0, DType::Q5_1, DType::Q4_K, DType::Q5_K, DType::Q6_K};
}

}  // namespace lectern::kernels
