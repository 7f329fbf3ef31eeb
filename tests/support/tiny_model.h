// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/engine/model_config.h"
#include "kernels/bfloat16.h"
#include "tests/support/safetensors_writer.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace lectern {

/// Models made of integers alone, so that every build can make them: a value depends on the ordinal
/// of its tensor and its index in it. tests/golden/make_golden.py makes the same numbers and runs
/// them in float64.
namespace tiny_model {

inline double raw(uint32_t tensor, uint32_t index) {
  uint32_t t = index * 2654435761U + tensor * 40503U + 12345U;
  t ^= t >> 16;
  t *= 2246822519U;
  t ^= t >> 13;
  t *= 3266489917U;
  t ^= t >> 16;
  return static_cast<double>(t) / 4294967296.0 * 2.0 - 1.0;
}

/// The 21-thousand-parameter Jamba of the engine's first conformance test: Mamba + dense, Mamba +
/// experts, attention + dense, Mamba + experts.
inline nlohmann::json miniConfig() {
  return nlohmann::json::parse(R"({
    "model_type": "jamba", "vocab_size": 32, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 4,
    "attn_layer_period": 4, "attn_layer_offset": 2, "expert_layer_period": 2, "expert_layer_offset": 1,
    "num_experts": 4, "num_experts_per_tok": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "mamba_d_state": 5, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_dt_rank": 3, "rms_norm_eps": 1e-6,
    "hidden_act": "silu", "eos_token_id": 2, "bos_token_id": 1})");
}

/// The same at a shape that real kernels can run: eight layers, two of them attention, experts in
/// every second layer.
inline nlohmann::json midiConfig() {
  nlohmann::json config = miniConfig();
  config.update(nlohmann::json::parse(R"({
    "vocab_size": 512, "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 8,
    "num_attention_heads": 4, "num_key_value_heads": 2, "mamba_d_state": 16, "mamba_dt_rank": 16})"));
  return config;
}

/// How a model's numbers are stored, and how large its matrices are.
struct Numbers {
  bool bfloat16 = false;
  double matrixScale = 0.5;
  bool tiedHead = false;  ///< no head in the file: the embedding serves as one
};

/// The tensors of a model in the order of their ordinals. `config` is that of a jamba or mamba
/// model.
inline std::vector<TensorToWrite> tensors(const ModelConfig& config, const Numbers& numbers = {}) {
  std::vector<TensorToWrite> list;
  const auto add = [&](const std::string& name, std::vector<int64_t> shape, const auto& value) {
    int64_t count = 1;
    for (const int64_t side : shape) count *= side;
    const int64_t size = numbers.bfloat16 ? 2 : 4;
    TensorToWrite tensor{name, numbers.bfloat16 ? "BF16" : "F32", std::move(shape),
                         std::string(static_cast<size_t>(count * size), '\0')};
    const auto ordinal = static_cast<uint32_t>(list.size());
    for (int64_t i = 0; i < count; ++i) {
      const auto number = static_cast<float>(value(raw(ordinal, static_cast<uint32_t>(i)), i));
      const kernels::BFloat16 narrow = kernels::toBFloat16(number);
      std::memcpy(tensor.data.data() + i * size,
                  numbers.bfloat16 ? static_cast<const void*>(&narrow) : &number,
                  static_cast<size_t>(size));
    }
    list.push_back(std::move(tensor));
  };
  const auto embedding = [](double r, int64_t) { return r; };
  const auto scaled = [&numbers](double r, int64_t) { return numbers.matrixScale * r; };
  const auto norm = [](double r, int64_t) { return 1 + 0.25 * r; };
  const auto convBias = [](double r, int64_t) { return 0.25 * r; };
  const auto deltaBias = [](double r, int64_t) { return r - 1; };
  const int64_t state = config.mambaDState;
  const auto aLog = [state](double r, int64_t i) {
    return std::log(static_cast<double>(i % state + 1)) + 0.1 * r;
  };

  const int64_t hidden = config.hiddenSize;
  const int64_t inner = config.mambaInner;
  const int64_t rank = config.mambaDtRank;
  const int64_t width = config.intermediateSize;
  const bool pure = config.modelType == "mamba";
  const std::string root = pure ? "backbone." : "model.";
  add(root + (pure ? "embeddings.weight" : "embed_tokens.weight"), {config.vocabSize, hidden},
      embedding);
  for (size_t i = 0; i < config.layers.size(); ++i) {
    const std::string layer = root + "layers." + std::to_string(i) + ".";
    add(layer + (pure ? "norm.weight" : "input_layernorm.weight"), {hidden}, norm);
    if (config.layers[i].mixer == Mixer::Mamba) {
      const std::string m = layer + (pure ? "mixer." : "mamba.");
      add(m + "in_proj.weight", {2 * inner, hidden}, scaled);
      if (config.mambaProjBias) add(m + "in_proj.bias", {2 * inner}, convBias);
      add(m + "conv1d.weight", {inner, 1, config.mambaDConv}, scaled);
      if (config.mambaConvBias) add(m + "conv1d.bias", {inner}, convBias);
      add(m + "x_proj.weight", {rank + 2 * state, inner}, scaled);
      if (config.mambaInnerNorms) {
        add(m + "dt_layernorm.weight", {rank}, norm);
        add(m + "b_layernorm.weight", {state}, norm);
        add(m + "c_layernorm.weight", {state}, norm);
      }
      add(m + "dt_proj.weight", {inner, rank}, scaled);
      add(m + "dt_proj.bias", {inner}, deltaBias);
      add(m + "A_log", {inner, state}, aLog);
      add(m + "D", {inner}, norm);
      add(m + "out_proj.weight", {hidden, inner}, scaled);
      if (config.mambaProjBias) add(m + "out_proj.bias", {hidden}, convBias);
    } else {
      const std::string a = layer + "self_attn.";
      const int64_t queries = config.numAttentionHeads * config.headDim;
      const int64_t keys = config.numKeyValueHeads * config.headDim;
      add(a + "q_proj.weight", {queries, hidden}, scaled);
      add(a + "k_proj.weight", {keys, hidden}, scaled);
      add(a + "v_proj.weight", {keys, hidden}, scaled);
      add(a + "o_proj.weight", {hidden, queries}, scaled);
    }
    if (config.layers[i].feedForward == FeedForward::None) continue;
    add(layer + "pre_ff_layernorm.weight", {hidden}, norm);
    const std::string f = layer + "feed_forward.";
    const bool dense = config.layers[i].feedForward == FeedForward::Dense;
    if (!dense) add(f + "router.weight", {config.numExperts, hidden}, scaled);
    for (int64_t e = 0; e < (dense ? 1 : config.numExperts); ++e) {
      const std::string x = dense ? f : f + "experts." + std::to_string(e) + ".";
      add(x + "gate_proj.weight", {width, hidden}, scaled);
      add(x + "up_proj.weight", {width, hidden}, scaled);
      add(x + "down_proj.weight", {hidden, width}, scaled);
    }
  }
  add(root + (pure ? "norm_f.weight" : "final_layernorm.weight"), {hidden}, norm);
  if (!numbers.tiedHead) add("lm_head.weight", {config.vocabSize, hidden}, scaled);
  return list;
}

/// Writes config.json and model.safetensors into a folder that it makes.
inline Result<void> write(const std::filesystem::path& folder,
                          const nlohmann::json& config,
                          const Numbers& numbers = {}) {
  std::filesystem::create_directories(folder);
  const ModelConfig parsed = TRY(parseModelConfig(config, "the test's config"));
  TRY(writeFileAtomically(folder / "config.json", config.dump()));
  return writeFileAtomically(folder / "model.safetensors",
                             safetensorsFile(tensors(parsed, numbers)));
}

}  // namespace tiny_model

}  // namespace lectern
