// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/model_config.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/safetensors_writer.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lectern::test {

/// A tensor as a GGUF file has it: sides innermost first.
struct GgufTensor {
  std::string name;
  std::vector<int64_t> sides;
  int32_t type = 0;
  std::string data;
};

/// What llama.cpp's converter makes of the tensors of a Jamba in float32: its names, A =
/// −exp(A_log), the convolution without its middle side, the experts of a layer stacked.
inline std::vector<GgufTensor> convertedToGguf(const std::vector<TensorToWrite>& tensors) {
  static const std::map<std::string, std::string> kNames = {
      {"input_layernorm.weight", "attn_norm.weight"},
      {"pre_ff_layernorm.weight", "ffn_norm.weight"},
      {"mamba.in_proj.weight", "ssm_in.weight"},
      {"mamba.conv1d.weight", "ssm_conv1d.weight"},
      {"mamba.conv1d.bias", "ssm_conv1d.bias"},
      {"mamba.x_proj.weight", "ssm_x.weight"},
      {"mamba.dt_layernorm.weight", "ssm_dt_norm.weight"},
      {"mamba.b_layernorm.weight", "ssm_b_norm.weight"},
      {"mamba.c_layernorm.weight", "ssm_c_norm.weight"},
      {"mamba.dt_proj.weight", "ssm_dt.weight"},
      {"mamba.dt_proj.bias", "ssm_dt.bias"},
      {"mamba.A_log", "ssm_a"},
      {"mamba.D", "ssm_d"},
      {"mamba.out_proj.weight", "ssm_out.weight"},
      {"self_attn.q_proj.weight", "attn_q.weight"},
      {"self_attn.k_proj.weight", "attn_k.weight"},
      {"self_attn.v_proj.weight", "attn_v.weight"},
      {"self_attn.o_proj.weight", "attn_output.weight"},
      {"feed_forward.gate_proj.weight", "ffn_gate.weight"},
      {"feed_forward.up_proj.weight", "ffn_up.weight"},
      {"feed_forward.down_proj.weight", "ffn_down.weight"},
      {"feed_forward.router.weight", "ffn_gate_inp.weight"}};
  // What stands behind a prefix and a number: "model.layers.3.rest" gives ("3", "rest").
  const auto numbered = [](std::string_view name, std::string_view prefix) {
    if (!name.starts_with(prefix)) return std::pair<std::string, std::string>();
    name.remove_prefix(prefix.size());
    const size_t dot = name.find('.');
    return std::pair(std::string(name.substr(0, dot)), std::string(name.substr(dot + 1)));
  };
  std::vector<GgufTensor> converted;
  for (const TensorToWrite& tensor : tensors) {
    GgufTensor out{tensor.name, {tensor.shape.rbegin(), tensor.shape.rend()}, 0, tensor.data};
    if (tensor.name == "model.embed_tokens.weight") out.name = "token_embd.weight";
    if (tensor.name == "model.final_layernorm.weight") out.name = "output_norm.weight";
    if (tensor.name == "lm_head.weight") out.name = "output.weight";
    if (const auto [layer, rest] = numbered(tensor.name, "model.layers."); !layer.empty()) {
      const std::string root = "blk." + layer + ".";
      if (const auto [expert, matrix] = numbered(rest, "feed_forward.experts."); !expert.empty()) {
        out.name = root + "ffn_" + matrix.substr(0, matrix.find('_')) + "_exps.weight";
        const auto stack = std::ranges::find(converted, out.name, &GgufTensor::name);
        if (stack != converted.end()) {
          stack->data += out.data;
          ++stack->sides[2];
          continue;
        }
        out.sides.push_back(1);
      } else {
        out.name = root + kNames.at(rest);
      }
      if (rest == "mamba.conv1d.weight") out.sides.erase(out.sides.begin() + 1);
      if (rest == "mamba.A_log") {
        for (size_t at = 0; at < out.data.size(); at += sizeof(float)) {
          float value = 0;
          std::memcpy(&value, out.data.data() + at, sizeof value);
          value = -std::exp(value);
          std::memcpy(out.data.data() + at, &value, sizeof value);
        }
      }
    }
    converted.push_back(std::move(out));
  }
  return converted;
}

inline void writeMetadata(GgufWriter& writer, const ModelConfig& config) {
  const auto u32 = [&](const std::string& key, int64_t value) {
    writer.u32("jamba." + key, static_cast<uint32_t>(value));
  };
  writer.string("general.architecture", "jamba");
  u32("block_count", static_cast<int64_t>(config.layers.size()));
  u32("context_length", config.maxPositionEmbeddings);
  u32("embedding_length", config.hiddenSize);
  u32("feed_forward_length", config.intermediateSize);
  u32("attention.head_count", config.numAttentionHeads);
  std::vector<int32_t> heads;
  for (const LayerKind layer : config.layers) {
    heads.push_back(layer.mixer == Mixer::Attention ? static_cast<int32_t>(config.numKeyValueHeads)
                                                    : 0);
  }
  writer.i32s("jamba.attention.head_count_kv", heads);
  writer.f32("jamba.attention.layer_norm_rms_epsilon", config.rmsNormEps);
  u32("ssm.conv_kernel", config.mambaDConv);
  u32("ssm.inner_size", config.mambaInner);
  u32("ssm.state_size", config.mambaDState);
  u32("ssm.time_step_rank", config.mambaDtRank);
  u32("expert_count", config.numExperts);
  u32("expert_used_count", config.numExpertsPerTok);
  writer.u32("tokenizer.ggml.bos_token_id", static_cast<uint32_t>(config.bosTokenId));
  writer.u32("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(config.eosTokenIds.front()));
}

}  // namespace lectern::test
