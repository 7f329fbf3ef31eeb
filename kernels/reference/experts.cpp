// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference/reference.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace lectern::kernels::reference {

void run(const Route& op) {
  const int64_t count = op.logits.cols;
  std::vector<float> p(static_cast<size_t>(count));
  std::vector<int32_t> order(static_cast<size_t>(count));
  for (int64_t t = 0; t < op.logits.rows; ++t) {
    const float* logits = op.logits.row<float>(t);
    const float largest = *std::max_element(logits, logits + count);
    float sum = 0;
    for (int64_t e = 0; e < count; ++e)
      sum += p[static_cast<size_t>(e)] = std::exp(logits[e] - largest);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      return p[static_cast<size_t>(a)] > p[static_cast<size_t>(b)];
    });
    for (int64_t k = 0; k < op.experts.cols; ++k) {
      const int32_t expert = order[static_cast<size_t>(k)];
      op.experts.row<int32_t>(t)[k] = expert;
      op.weights.row<float>(t)[k] = p[static_cast<size_t>(expert)] / sum;
    }
  }
}

void run(const Experts& op) {
  const int64_t hidden = op.gate.in;
  const int64_t width = op.gate.out;
  for (int64_t t = 0; t < op.in.rows; ++t) {
    for (int64_t i = 0; i < hidden; ++i) store(op.out, t, i, 0.0F);
    for (int64_t k = 0; k < op.experts.cols; ++k) {
      const int64_t expert = op.experts.row<int32_t>(t)[k];
      LECTERN_CHECK(expert >= 0 && expert < op.gate.groups);
      const Tensor activated =
          op.scratch.rowRange(t * op.experts.cols + k, 1).colRange(hidden, width);
      for (int64_t f = 0; f < width; ++f) {
        const float gate = dot(rowOf(op.gate, expert, f), op.in, t);
        store(activated, 0, f, silu(gate) * dot(rowOf(op.up, expert, f), op.in, t));
      }
      const float weight = load(op.weights, t, k);
      for (int64_t i = 0; i < hidden; ++i) {
        const float down = dot(rowOf(op.down, expert, i), activated, 0);
        store(op.out, t, i, load(op.out, t, i) + weight * down);
      }
    }
  }
}

}  // namespace lectern::kernels::reference
