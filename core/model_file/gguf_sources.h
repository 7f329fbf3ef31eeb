// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model_file/model_folder.h"
#include "core/model_file/stored_tensor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lectern {

/// A tensor of a Jamba as a GGUF file has it (the way back of gguf_jamba.h), and where its values
/// are.
struct GgufSource {
  std::string name;
  std::vector<int64_t> shape;              ///< outermost first
  std::vector<const StoredTensor*> parts;  ///< one behind the other: experts of a stack, else one
  bool isLogarithm = false;                ///< the values are −exp of the stored ones: A of A_log

  [[nodiscard]] int64_t elements() const;
};

/// All tensors of a model, the embedding first, then layer by layer. They point into `model`.
/// Errors: ModelUnusable for a tensor that GGUF has no place for, and for experts that are not all
/// there.
Result<std::vector<GgufSource>> ggufSources(const ModelFolder& model);

}  // namespace lectern
