// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model_file/stored_tensor.h"

#include <cstdint>
#include <span>

namespace lectern {

/// Elements as blocks of a type, in the layout of llama.cpp (ggml-common.h, block_q8_0 …
/// block_q6_K), which readElements reads: Q8_0, Q4_0, Q5_0, Q4_K and Q6_K; and F32, F16 and BF16,
/// rounded to the nearest, ties to even. The layout is all that is taken from there. The values are
/// a least-squares search of our own, every element weighing the same: for a block with one scale,
/// the scale among some twenty whose quantised values, with the scale fitted to them, are nearest;
/// for a sub-block of Q4_K the same with scale and minimum fitted together; then, where scales are
/// rounded themselves, the best of their neighbours. A block depends on its own values alone.
///
/// `values` are finite, and a whole number of blocks; `out` gets them one behind the other.
/// Thread: any.
void writeElements(StoredType type, std::span<const float> values, char* out);

/// The nearest IEEE 754 binary16, ties to even; beyond its range an infinity.
uint16_t floatToHalf(float value);

}  // namespace lectern
