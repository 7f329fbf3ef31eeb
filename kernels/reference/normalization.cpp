// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference/reference.h"

namespace lectern::kernels::reference {

namespace {

// 1 / √(mean(x²) + eps) over columns [first, first + count) of a row.
float inverseRms(const Tensor& x, int64_t row, int64_t first, int64_t count, float eps) {
  float sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += load(x, row, first + i) * load(x, row, first + i);
  return 1.0F / std::sqrt(sum / static_cast<float>(count) + eps);
}

// One of the three parts of x_proj's output, normalised where it has a weight.
void splitPart(const Tensor& in,
               int64_t row,
               int64_t first,
               const Tensor& weight,
               float eps,
               const Tensor& out) {
  const float scale = weight.isPresent() ? inverseRms(in, row, first, out.cols, eps) : 1.0F;
  for (int64_t i = 0; i < out.cols; ++i) {
    const float factor = weight.isPresent() ? load(weight, 0, i) : 1.0F;
    store(out, row, i, load(in, row, first + i) * scale * factor);
  }
}

}  // namespace

void run(const AddNorm& op) {
  for (int64_t t = 0; t < op.residual.rows; ++t) {
    if (op.delta.isPresent()) {
      for (int64_t i = 0; i < op.residual.cols; ++i) {
        store(op.residual, t, i, load(op.residual, t, i) + load(op.delta, t, i));
      }
    }
    const float scale = inverseRms(op.residual, t, 0, op.residual.cols, op.eps);
    for (int64_t i = 0; i < op.residual.cols; ++i) {
      store(op.out, t, i, load(op.residual, t, i) * scale * load(op.weight, 0, i));
    }
  }
}

void run(const SplitNorm& op) {
  const int64_t rank = op.delta.cols;
  const int64_t state = op.b.cols;
  for (int64_t t = 0; t < op.in.rows; ++t) {
    splitPart(op.in, t, 0, op.deltaWeight, op.eps, op.delta);
    splitPart(op.in, t, rank, op.bWeight, op.eps, op.b);
    splitPart(op.in, t, rank + state, op.cWeight, op.eps, op.c);
  }
}

}  // namespace lectern::kernels::reference
