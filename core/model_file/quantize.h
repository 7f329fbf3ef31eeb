// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model_file/gguf_header.h"
#include "core/model_file/gguf_sources.h"
#include "core/model_file/stored_tensor.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {

/// A tensor that was written, and what that did to its values.
struct QuantizedTensor {
  std::string name;
  std::string from;  ///< the type in the source
  StoredType type = StoredType::Other;
  int64_t elements = 0;
  double relativeError = 0;  ///< root of the mean squared error, over the root of the mean square
  double largestError = 0;   ///< of one element
};

/// The type that a tensor of a file of matrices in `wanted` gets, as llama.cpp (llama-quant.cpp)
/// chooses it for a file of one type:
/// - F32: of one side, norms, the convolution, router, A, D and biases, which are small and decide
///   much;
/// - the matrix of the logits (output.weight, or the embedding where there is none) Q6_K in files
///   of fewer bits than that;
/// - where the rows are no whole blocks: Q5_0 instead of Q4_K, Q8_0 instead of Q6_K, and where that
///   does not divide them either, the type that the source has.
StoredType quantizedType(const GgufSource& source, StoredType wanted, bool isHead);

/// Writes a GGUF file, its keys in `header`, with the matrices as `wanted` (Q8_0, Q4_0 or Q4_K),
/// tensor by tensor: memory for a few millions of values, whatever the model's size. The bytes do
/// not depend on the number of threads. Returns what became of each tensor. Errors: Usage where the
/// source is quantised already; Storage, see GgufFileWriter; Cancelled. Of a file that is not
/// finished nothing stays.
Result<std::vector<QuantizedTensor>> writeQuantized(
    const std::vector<GgufSource>& sources,
    StoredType wanted,
    GgufHeader header,
    const std::filesystem::path& file,
    const std::function<void(int64_t doneBytes, int64_t totalBytes)>& progress,
    std::stop_token stop);

}  // namespace lectern
