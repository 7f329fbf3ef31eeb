// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/quantised.h"
#include "kernels/reference/reference.h"

#include <algorithm>
#include <cstring>

namespace lectern::kernels::reference {

std::vector<float> rowOf(const Weight& weight, int64_t group, int64_t row) {
  std::vector<float> values(static_cast<size_t>(weight.in));
  const char* data = static_cast<const char*>(weight.data) +
                     (group * weight.out + row) * elementsBytes(weight.dtype, weight.in);
  if (isQuantised(weight.dtype)) {
    dequantise(weight.dtype, data, weight.in, values.data());
  } else if (weight.dtype == DType::BF16) {
    const auto* narrow = reinterpret_cast<const BFloat16*>(data);
    std::transform(narrow, narrow + weight.in, values.begin(), toFloat);
  } else {
    std::memcpy(values.data(), data, values.size() * sizeof(float));
  }
  return values;
}

void run(const EmbedRows& op) {
  for (int64_t t = 0; t < op.ids.cols; ++t) {
    const int64_t id = op.ids.row<int32_t>(0)[t];
    LECTERN_CHECK(id >= 0 && id < op.table.out);
    const std::vector<float> row = rowOf(op.table, 0, id);
    for (int64_t i = 0; i < op.table.in; ++i) store(op.out, t, i, row[static_cast<size_t>(i)]);
  }
}

void run(const Linear& op) {
  for (int64_t o = 0; o < op.weight.out; ++o) {
    const std::vector<float> row = rowOf(op.weight, 0, o);
    const float bias = op.bias.isPresent() ? load(op.bias, 0, o) : 0.0F;
    for (int64_t t = 0; t < op.in.rows; ++t) store(op.out, t, o, dot(row, op.in, t) + bias);
  }
}

void run(const LinearGated& op) {
  for (int64_t o = 0; o < op.gate.out; ++o) {
    const std::vector<float> gate = rowOf(op.gate, 0, o);
    const std::vector<float> up = rowOf(op.up, 0, o);
    for (int64_t t = 0; t < op.in.rows; ++t) {
      store(op.out, t, o, silu(dot(gate, op.in, t)) * dot(up, op.in, t));
    }
  }
}

}  // namespace lectern::kernels::reference
