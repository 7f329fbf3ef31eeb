// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference/reference.h"

namespace lectern::kernels::reference {

namespace {

float dot(const Weight& weight, int64_t row, const Tensor& in, int64_t token) {
  float sum = 0;
  for (int64_t i = 0; i < weight.in; ++i) sum += load(weight, 0, row, i) * load(in, token, i);
  return sum;
}

}  // namespace

void run(const EmbedRows& op) {
  for (int64_t t = 0; t < op.ids.cols; ++t) {
    const int64_t id = op.ids.row<int32_t>(0)[t];
    LECTERN_CHECK(id >= 0 && id < op.table.out);
    for (int64_t i = 0; i < op.table.in; ++i) store(op.out, t, i, load(op.table, 0, id, i));
  }
}

void run(const Linear& op) {
  for (int64_t t = 0; t < op.in.rows; ++t) {
    for (int64_t o = 0; o < op.weight.out; ++o) {
      const float bias = op.bias.isPresent() ? load(op.bias, 0, o) : 0.0F;
      store(op.out, t, o, dot(op.weight, o, op.in, t) + bias);
    }
  }
}

void run(const LinearGated& op) {
  for (int64_t t = 0; t < op.in.rows; ++t) {
    for (int64_t o = 0; o < op.gate.out; ++o) {
      store(op.out, t, o, silu(dot(op.gate, o, op.in, t)) * dot(op.up, o, op.in, t));
    }
  }
}

}  // namespace lectern::kernels::reference
