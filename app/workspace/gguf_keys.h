// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model_file/gguf_header.h"
#include "core/model_file/gguf_sources.h"
#include "core/model_file/model_folder.h"
#include "core/model_file/stored_tensor.h"

#include <filesystem>
#include <string_view>
#include <vector>

namespace lectern {

/// The keys of a GGUF file that is made of a model, its matrices being of `type`. Of a GGUF model
/// they are taken over to the byte, but for those that tell of types and parts. Of a folder they
/// are made of its config.json, its tokenizer (the pieces as llama.cpp reads them, and the whole
/// tokenizer.json under kGgufTokenizerJson) and its prompt template. `name` becomes general.name.
/// Errors: ModelUnusable where the file could not tell all that the config and the tensors say: a
/// model that is no Jamba, biases that the format has no place for, more than three end tokens.
Result<GgufHeader> ggufKeysOf(const ModelFolder& files,
                              const std::vector<GgufSource>& sources,
                              std::string_view name,
                              StoredType type);

}  // namespace lectern
