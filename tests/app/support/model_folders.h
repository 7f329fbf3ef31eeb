// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/check.h"
#include "tests/support/tiny_model.h"
#include "tests/support/tiny_tokenizer.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>

namespace lectern::test {

/// The mini model at the tiny tokenizer's size, rounded up as real ones do, with a window that a
/// test can fill.
inline nlohmann::json tinyConfig() {
  nlohmann::json config = tiny_model::miniConfig();
  config["vocab_size"] = 288;
  config["bos_token_id"] = 2;
  config["eos_token_id"] = 0;
  config["max_position_embeddings"] = 96;
  return config;
}

/// A whole model folder: config.json, model.safetensors, tokenizer.json.
inline void writeModel(const std::filesystem::path& folder,
                       const nlohmann::json& config = tinyConfig()) {
  LECTERN_CHECK(tiny_model::write(folder, config).has_value());
  LECTERN_CHECK(writeFileAtomically(folder / "tokenizer.json", tinyTokenizer().dump()).has_value());
}

/// The same, one value of one tensor being no number: element [1, 3] of a matrix.
inline const char* const kSpoiltTensor = "model.layers.1.feed_forward.router.weight";
inline void writeSpoiltModel(const std::filesystem::path& folder) {
  writeModel(folder);
  const ModelConfig config = parseModelConfig(tinyConfig(), "config").value();
  auto tensors = tiny_model::tensors(config);
  for (TensorToWrite& tensor : tensors) {
    const float bad = std::numeric_limits<float>::quiet_NaN();
    if (tensor.name == kSpoiltTensor) std::memcpy(tensor.data.data() + 4 * (16 + 3), &bad, 4);
  }
  LECTERN_CHECK(
      writeFileAtomically(folder / "model.safetensors", safetensorsFile(tensors)).has_value());
}

}  // namespace lectern::test
