// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference/reference.h"

namespace lectern::kernels::reference {

void run(const ConvSilu& op) {
  const int64_t taps = op.weight.rows;
  for (int64_t c = 0; c < op.in.cols; ++c) {
    for (int64_t t = 0; t < op.in.rows; ++t) {
      const float newest = load(op.in, t, c);
      float sum = op.bias.isPresent() ? load(op.bias, 0, c) : 0.0F;
      for (int64_t k = 0; k + 1 < taps; ++k) sum += load(op.weight, k, c) * load(op.state, k, c);
      sum += load(op.weight, taps - 1, c) * newest;
      store(op.out, t, c, silu(sum));
      for (int64_t k = 0; k + 2 < taps; ++k) store(op.state, k, c, load(op.state, k + 1, c));
      store(op.state, taps - 2, c, newest);
    }
  }
}

}  // namespace lectern::kernels::reference
