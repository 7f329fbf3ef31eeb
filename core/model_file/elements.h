// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model_file/stored_tensor.h"

#include <cstdint>
#include <span>

namespace lectern {

/// How a type lies in a file: so many elements together in so many bytes.
struct BlockShape {
  int64_t elements = 1;
  int64_t bytes = 0;
};

/// Of a type that holds weights (not Other).
BlockShape blockShape(StoredType type);

/// Elements `first` … `first + out.size() − 1` of a tensor as float32, exactly as the format
/// defines them (llama.cpp, ggml-quants.c, dequantize_row_*). Both numbers are multiples of the
/// block's elements. Thread: any.
void readElements(const StoredTensor& tensor, int64_t first, std::span<float> out);

/// IEEE 754 binary16, subnormals included.
float halfToFloat(uint16_t bits);

}  // namespace lectern
