// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/bfloat16.h"
#include "kernels/operations.h"

#include <cmath>
#include <cstdint>

namespace lectern::kernels::reference {

// Plain loops in float32, one element at a time, in the order of the formulas: the oracle of every
// other backend. The order of every sum is fixed and does not depend on how many tokens come at
// once, so that any chunking gives the same bits.

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

/// A packed weight is the file's rows as they are.
inline float load(const Weight& w, int64_t group, int64_t row, int64_t col) {
  const int64_t index = (group * w.out + row) * w.in + col;
  return w.dtype == DType::BF16 ? toFloat(static_cast<const BFloat16*>(w.data)[index])
                                : static_cast<const float*>(w.data)[index];
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
