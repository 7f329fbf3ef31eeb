// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/model_file/gguf.h"
#include "core/model_file/stored_tensor.h"

#include <string_view>
#include <vector>

namespace lectern {

/// The parts of a GGUF Jamba (llama.cpp, convert_hf_to_gguf.py and llama-model.cpp) as a Hugging
/// Face folder would have them.
struct JambaParts {
  nlohmann::json config;
  std::vector<StoredTensor> tensors;
};

/// The keys of the tokens that end an answer: of the text, of a turn, of a message (llama.h,
/// llama_vocab_is_eog).
inline constexpr const char* kGgufEndTokens[] = {
    "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"};

/// Tensors get transformers' names; stacked experts become a matrix each, and the convolution gets
/// its middle side of one back. The file holds −exp(A_log), which is called "mamba.A" here. Which
/// layers attend and which have experts is read off the tensors that are there; head_count_kv must
/// agree where it lists the layers. Errors: ModelUnusable, naming the file, and the key or tensor:
/// another architecture, keys that are missing or of another kind, a list that disagrees, experts
/// whose number is not the config's.
Result<JambaParts> jambaOfGguf(const GgufMetadata& metadata,
                               const std::vector<StoredTensor>& tensors,
                               std::string_view fileName);

}  // namespace lectern
