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

/// Which matrices become what.
///
/// Of experts alone is the manner of AI21's ExpertsInt8 (Jamba-1.5, arXiv 2408.12570, section 3):
/// seven eighths of a Jamba-Mini are experts, and all else keeps its bits. Its bytes have one scale
/// a row; Q8_0 has one for each 32 of them, takes 8.5 bits a weight and not 8.01, and errs less:
///                                      Q8_0         a scale a row
///   the experts of the Pocket model    0.5 … 0.6 %  0.6 … 0.9 %    trained, rows of 256 and 384
///   normal numbers, rows of 4,096      0.54 %       0.87 %
///   rows of 14,336                     0.54 %       0.92 %
///   Student's t of 5, rows of 4,096    0.68 %       2.2 %          outliers of 17 deviations
/// (QuantizedTensor::relativeError). No file has that type, so it would be one of our own, with
/// packing and kernels, for 6 % of the bytes; there is none.
struct Quantization {
  StoredType type = StoredType::Q8_0;  ///< Q8_0, Q4_0 or Q4_K
  bool ofExpertsAlone = false;         ///< the other matrices keep the source's type
};

/// The type that a tensor of a quantized file gets, as llama.cpp (llama-quant.cpp) chooses it for a
/// file of one type:
/// - F32: of one side, norms, the convolution, router, A, D and biases, which are small and decide
///   much;
/// - the matrix of the logits (output.weight, or the embedding where there is none) Q6_K in files
///   of fewer bits than that;
/// - where the rows are no whole blocks: Q5_0 instead of Q4_K, Q8_0 instead of Q6_K, and where that
///   does not divide them either, the type that the source has.
StoredType quantizedType(const GgufSource& source, const Quantization& wanted, bool isHead);

/// Writes a GGUF file, its keys in `header`, with the matrices as `wanted`, tensor by tensor:
/// memory for a few millions of values, whatever the model's size. The bytes do not depend on the
/// number of threads. Returns what became of each tensor. Errors: Usage where the source is
/// quantised already, or has no experts to quantize; Storage, see GgufFileWriter; Cancelled. Of a
/// file that is not finished nothing stays.
Result<std::vector<QuantizedTensor>> writeQuantized(
    const std::vector<GgufSource>& sources,
    const Quantization& wanted,
    GgufHeader header,
    const std::filesystem::path& file,
    const std::function<void(int64_t doneBytes, int64_t totalBytes)>& progress,
    std::stop_token stop);

}  // namespace lectern
