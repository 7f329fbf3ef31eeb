// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/model_store.h"
#include "core/base/result.h"
#include "core/model_file/quantize.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {

struct QuantizeRequest {
  std::filesystem::path model;  ///< a folder or a GGUF file, in BF16, F16 or F32
  Quantization wanted;
  std::filesystem::path out;  ///< a file to be made; empty: it becomes an imported model
  std::string name;           ///< of the imported model; empty: the model's own with the type
};

struct QuantizedModel {
  std::string name;  ///< of the imported model; empty: a file
  std::filesystem::path file;
  int64_t parameters = 0;
  int64_t bytes = 0;
  int64_t sourceBytes = 0;
  std::vector<QuantizedTensor> tensors;
};

/// Makes a smaller model of one: a GGUF file whose matrices have fewer bits (core/model_file/
/// quantize.h), with the tokenizer, the prompt template and the config of the original. All is
/// checked first, as an import does; then the file appears whole or not at all. Errors:
/// ModelUnusable; Usage for a model that is quantized already, a name or file that is there, a name
/// that cannot be one; Storage, where the disk does not hold it before anything is written;
/// Cancelled.
Result<QuantizedModel> quantizeModel(const QuantizeRequest& request,
                                     const std::filesystem::path& dataFolder,
                                     const ModelProgress& progress,
                                     std::stop_token stop);

}  // namespace lectern
