// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/mapped_file.h"
#include "core/base/result.h"
#include "core/model_file/stored_tensor.h"

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace lectern {

/// Reads the header of a safetensors file (huggingface/safetensors, README "Format"): an eight-byte
/// length, a JSON object of names to {dtype, shape, data_offsets}, then the data without holes or
/// overlaps, to the file's last byte. Nothing the header says is trusted: every rule of the format
/// is checked before a tensor is handed out, and a name may stand once. Tensors come in the order
/// of their data. `fileName` serves messages. Errors: ModelUnusable, naming the file, the tensor
/// and the rule.
Result<std::vector<StoredTensor>> readSafetensors(std::string_view bytes,
                                                  std::string_view fileName);

}  // namespace lectern
