// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/check.h"
#include "tests/support/gguf_model.h"
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

/// The same as one GGUF file, tokenizer included.
inline void writeGgufModel(const std::filesystem::path& file) {
  const ModelConfig config = parseModelConfig(tinyConfig(), "config").value();
  GgufWriter writer;
  writeMetadata(writer, config);
  const nlohmann::json tokenizer = tinyTokenizer();
  const auto& vocabulary = tokenizer["model"]["vocab"];
  std::vector<std::string> pieces(vocabulary.size());
  std::vector<int32_t> types(vocabulary.size(), 1);
  for (const auto& [piece, id] : vocabulary.items()) {
    pieces[id.get<size_t>()] = piece;
    if (piece.starts_with("<0x")) types[id.get<size_t>()] = 6;
  }
  for (const auto& token : tokenizer["added_tokens"]) {
    types[token["id"].get<size_t>()] = token["special"].get<bool>() ? 3 : 4;
  }
  writer.string("tokenizer.ggml.model", "llama");
  writer.strings("tokenizer.ggml.tokens", pieces);
  writer.i32s("tokenizer.ggml.token_type", types);
  for (const GgufTensor& tensor : convertedToGguf(tiny_model::tensors(config))) {
    writer.tensor(tensor.name, tensor.sides, tensor.type, tensor.data);
  }
  LECTERN_CHECK(writeFileAtomically(file, writer.file()).has_value());
}

/// The folder, one value of one tensor being no number: element [1, 3] of a matrix.
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
