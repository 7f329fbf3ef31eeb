// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/bfloat16.h"
#include "kernels/operations.h"

#include <cmath>
#include <cstdint>
#include <vector>

namespace lectern::kernels::reference {

// Plain loops in float32, one element at a time, in the order of the formulas: the oracle of every
// other backend. The order of every sum is fixed and does not depend on how many tokens come at
// once, so that any chunking gives the same bits. Nothing is rounded besides the operands.

inline float load(const Tensor& t, int64_t row, int64_t col) {
  return t.dtype == DType::BF16 ? toFloat(t.row<BFloat16>(row)[col]) : t.row<float>(row)[col];
}
inline void store(const Tensor& t, int64_t row, int64_t col, float value) {
  if (t.dtype == DType::BF16) {
    t.row<BFloat16>(row)[col] = toBFloat16(value);
  } else {
    t.row<float>(row)[col] = value;
  }
}

/// One row of a weight as float32; a packed weight is the file's rows as they are.
std::vector<float> rowOf(const Weight& weight, int64_t group, int64_t row);

/// Σ_i row[i] · in[token][i].
inline float dot(const std::vector<float>& row, const Tensor& in, int64_t token) {
  float sum = 0;
  for (size_t i = 0; i < row.size(); ++i) sum += row[i] * load(in, token, static_cast<int64_t>(i));
  return sum;
}

inline float silu(float x) {
  return x / (1.0F + std::exp(-x));
}
/// log(1 + eˣ), which is x itself to float32 above 20.
inline float softplus(float x) {
  return x > 20.0F ? x : std::log1p(std::exp(x));
}

void run(const EmbedRows& op);
void run(const AddNorm& op);
void run(const Linear& op);
void run(const LinearGated& op);
void run(const ConvSilu& op);
void run(const SplitNorm& op);
void run(const SelectiveScan& op);
void run(const MambaStep& op);
void run(const AppendKv& op);
void run(const AttendMany& op);
void run(const AttendOne& op);
void run(const Route& op);
void run(const Experts& op);
void run(const TopLogits& op);

}  // namespace lectern::kernels::reference
