// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/model_config.h"

#include "core/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lectern {

namespace {

// Far above every published model, and far below where products of sides overflow an int64.
constexpr int64_t kMaxSide = 1 << 20;
constexpr int64_t kMaxVocab = 1 << 24;
constexpr int64_t kMaxLayers = 1024;

// Reads keys, keeps the first complaint, and gives defaults from there on.
class Reader {
 public:
  Reader(const nlohmann::json& json, std::string_view file) : json_(json), file_(file) {}

  void complain(std::string_view key, std::string_view cause) {
    if (error_.empty()) {
      error_ = fmt::format("{} cannot be used: {} {}. Take the file that came with the model.",
                           file_, key, cause);
    }
  }

  [[nodiscard]] bool has(const char* key) const {
    return json_.contains(key) && !json_[key].is_null();
  }

  int64_t integer(const char* key, int64_t fallback, int64_t low, int64_t high) {
    if (!has(key)) return fallback;
    const auto& value = json_[key];
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(high)) ||
        value.get<int64_t>() < low || value.get<int64_t>() > high) {
      complain(key, fmt::format("is {}, not a whole number from {} to {}",
                                utf8::beginning(value.dump(), 40), low, high));
      return fallback;
    }
    return value.get<int64_t>();
  }
  bool boolean(const char* key, bool fallback) {
    if (!has(key)) return fallback;
    if (!json_[key].is_boolean()) {
      complain(key, "is neither true nor false");
      return fallback;
    }
    return json_[key].get<bool>();
  }
  std::string string(const char* key, std::string fallback) {
    if (!has(key)) return fallback;
    if (!json_[key].is_string()) {
      complain(key, "is no string");
      return fallback;
    }
    return json_[key].get<std::string>();
  }
  double number(const char* key, double fallback, double low, double high) {
    if (!has(key)) return fallback;
    const double value = json_[key].is_number() ? json_[key].get<double>()
                                                : std::numeric_limits<double>::quiet_NaN();
    if (!(value >= low && value <= high)) {
      complain(key, fmt::format("is not a number from {} to {}", low, high));
      return fallback;
    }
    return value;
  }
  // A token id or a list of them.
  std::vector<int64_t> ids(const char* key, std::vector<int64_t> fallback, int64_t vocab) {
    if (!has(key)) return fallback;
    std::vector<int64_t> result;
    const auto list = json_[key].is_array() ? json_[key] : nlohmann::json::array({json_[key]});
    for (const auto& id : list) {
      if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= vocab) {
        complain(key, "is not a token of the vocabulary");
        return fallback;
      }
      result.push_back(id.get<int64_t>());
    }
    return result;
  }
  void require(const char* key) {
    if (!has(key)) complain(key, "is missing");
  }

  [[nodiscard]] const nlohmann::json& json() const { return json_; }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  const nlohmann::json& json_;
  std::string_view file_;
  std::string error_;
};

void readTokens(Reader& reader, ModelConfig& config) {
  config.vocabSize = reader.integer("vocab_size", 65'536, 1, kMaxVocab);
  config.bosTokenId = reader.integer("bos_token_id", -1, 0, config.vocabSize - 1);
  config.eosTokenIds = reader.ids("eos_token_id", {}, config.vocabSize);
}

void readMambaSides(Reader& reader,
                    ModelConfig& config,
                    const char* state,
                    const char* conv,
                    const char* expand,
                    const char* rank) {
  config.mambaDState = reader.integer(state, 16, 1, 4096);
  config.mambaDConv = reader.integer(conv, 4, 2, 64);
  config.mambaInner = reader.integer(expand, 2, 1, 64) * config.hiddenSize;
  const bool isAuto = reader.has(rank) && reader.json()[rank] == "auto";
  const int64_t automatic = (config.hiddenSize + 15) / 16;
  config.mambaDtRank = isAuto ? automatic : reader.integer(rank, automatic, 1, kMaxSide);
}

// How many experts each layer has, where the file lists it; one is a dense network.
void readExpertList(Reader& reader, ModelConfig& config) {
  if (!reader.has("layers_num_experts")) return;
  const auto& list = reader.json()["layers_num_experts"];
  if (!list.is_array() || list.size() != config.layers.size()) {
    reader.complain("layers_num_experts", "does not name every layer");
    return;
  }
  for (size_t i = 0; i < list.size(); ++i) {
    const FeedForward kind = list[i] == 1 ? FeedForward::Dense : FeedForward::Experts;
    if ((kind == FeedForward::Experts && list[i] != config.numExperts) ||
        (reader.has("expert_layer_period") && kind != config.layers[i].feedForward)) {
      reader.complain("layers_num_experts",
                      fmt::format("disagrees with the other keys at layer {}", i));
      return;
    }
    config.layers[i].feedForward = kind;
  }
}

// The layout by periods and offsets; then what the file lists, if it does, must say the same.
void readJambaLayers(Reader& reader, ModelConfig& config) {
  const int64_t count = reader.integer("num_hidden_layers", 32, 1, kMaxLayers);
  const int64_t attentionPeriod = reader.integer("attn_layer_period", 8, 1, kMaxLayers);
  const int64_t attentionOffset =
      reader.integer("attn_layer_offset", std::min<int64_t>(4, attentionPeriod - 1), 0, kMaxLayers);
  const int64_t expertPeriod = reader.integer("expert_layer_period", 2, 1, kMaxLayers);
  const int64_t expertOffset =
      reader.integer("expert_layer_offset", std::min<int64_t>(1, expertPeriod - 1), 0, kMaxLayers);
  const bool listed = reader.has("layers_block_type");
  const bool byPeriod = !listed || reader.has("attn_layer_period");
  if (byPeriod && attentionOffset >= attentionPeriod) {
    reader.complain("attn_layer_offset", "is not smaller than attn_layer_period");
  }
  if (expertOffset >= expertPeriod)
    reader.complain("expert_layer_offset", "is not smaller than expert_layer_period");
  for (int64_t i = 0; i < count; ++i) {
    config.layers.push_back(
        {i % attentionPeriod == attentionOffset ? Mixer::Attention : Mixer::Mamba,
         config.numExperts > 1 && i % expertPeriod == expertOffset ? FeedForward::Experts
                                                                   : FeedForward::Dense});
  }
  readExpertList(reader, config);
  if (!listed) return;
  const auto& list = reader.json()["layers_block_type"];
  if (!list.is_array() || static_cast<int64_t>(list.size()) != count) {
    reader.complain("layers_block_type", "does not name every layer");
    return;
  }
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] != "attention" && list[i] != "mamba") {
      reader.complain("layers_block_type",
                      "names a kind of layer that is neither attention nor mamba");
      return;
    }
    const Mixer mixer = list[i] == "attention" ? Mixer::Attention : Mixer::Mamba;
    if (byPeriod && mixer != config.layers[i].mixer) {
      reader.complain("layers_block_type",
                      fmt::format("disagrees with the period rule at layer {}", i));
      return;
    }
    config.layers[i].mixer = mixer;
  }
}

void readAttention(Reader& reader, ModelConfig& config) {
  config.numAttentionHeads = reader.integer("num_attention_heads", 32, 1, kMaxSide);
  config.numKeyValueHeads =
      reader.has("num_key_value_heads") || !reader.json().contains("num_key_value_heads")
          ? reader.integer("num_key_value_heads", std::min<int64_t>(8, config.numAttentionHeads), 1,
                           kMaxSide)
          : config.numAttentionHeads;
  if (config.hiddenSize % config.numAttentionHeads != 0) {
    reader.complain("num_attention_heads",
                    fmt::format("is {}, which does not divide hidden_size {}",
                                config.numAttentionHeads, config.hiddenSize));
  }
  if (config.numAttentionHeads % config.numKeyValueHeads != 0) {
    reader.complain("num_key_value_heads",
                    fmt::format("is {}, which does not divide num_attention_heads {}",
                                config.numKeyValueHeads, config.numAttentionHeads));
  }
  config.headDim = config.hiddenSize / config.numAttentionHeads;
  if (reader.has("sliding_window"))
    reader.complain("sliding_window", "is set, which this program does not have");
}

void readJamba(Reader& reader, ModelConfig& config) {
  for (const char* key : {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers"})
    reader.require(key);
  config.hiddenSize = reader.integer("hidden_size", 4096, 1, kMaxSide);
  config.intermediateSize = reader.integer("intermediate_size", 14'336, 1, kMaxSide);
  config.numExperts = reader.integer("num_experts", 16, 1, 4096);
  config.numExpertsPerTok =
      reader.integer("num_experts_per_tok", std::min<int64_t>(2, config.numExperts), 1, 4096);
  if (config.numExperts > 1 && config.numExpertsPerTok > config.numExperts) {
    reader.complain("num_experts_per_tok", "is larger than num_experts");
  }
  readAttention(reader, config);
  readMambaSides(reader, config, "mamba_d_state", "mamba_d_conv", "mamba_expand", "mamba_dt_rank");
  config.mambaInnerNorms = reader.boolean("mamba_inner_layernorms", true);
  config.mambaConvBias = reader.boolean("mamba_conv_bias", true);
  config.mambaProjBias = reader.boolean("mamba_proj_bias", false);
  config.rmsNormEps = static_cast<float>(reader.number("rms_norm_eps", 1e-6, 1e-12, 1.0));
  config.maxPositionEmbeddings =
      reader.integer("max_position_embeddings", 262'144, 1, int64_t{1} << 31);
  readJambaLayers(reader, config);
}

// Mamba-1 as transformers stores it (models/mamba/configuration_mamba.py): one mixer a layer,
// nothing else.
void readMamba(Reader& reader, ModelConfig& config) {
  for (const char* key : {"vocab_size", "hidden_size", "num_hidden_layers"}) reader.require(key);
  config.hiddenSize = reader.integer("hidden_size", 768, 1, kMaxSide);
  readMambaSides(reader, config, "state_size", "conv_kernel", "expand", "time_step_rank");
  config.mambaInner = reader.integer("intermediate_size", config.mambaInner, 1, kMaxSide);
  config.mambaInnerNorms = false;
  config.mambaConvBias = reader.boolean("use_conv_bias", true);
  config.mambaProjBias = reader.boolean("use_bias", false);
  config.rmsNormEps = static_cast<float>(reader.number("layer_norm_epsilon", 1e-5, 1e-12, 1.0));
  config.layers.assign(static_cast<size_t>(reader.integer("num_hidden_layers", 32, 1, kMaxLayers)),
                       {Mixer::Mamba, FeedForward::None});
}

}  // namespace

int64_t ModelConfig::attentionLayers(LayerRange range) const {
  return std::count_if(layers.begin() + range.first, layers.begin() + range.end,
                       [](LayerKind layer) { return layer.mixer == Mixer::Attention; });
}
int64_t ModelConfig::mambaLayers(LayerRange range) const {
  return range.end - range.first - attentionLayers(range);
}

Result<ModelConfig> parseModelConfig(const nlohmann::json& json, std::string_view fileName) {
  Reader reader(json, fileName);
  ModelConfig config;
  if (!json.is_object()) {
    reader.complain("it", "is not an object");
  } else {
    config.modelType = reader.string("model_type", "jamba");
    readTokens(reader, config);
    if (reader.string("hidden_act", "silu") != "silu") reader.complain("hidden_act", "is not silu");
    if (config.modelType == "jamba") {
      readJamba(reader, config);
    } else if (config.modelType == "mamba") {
      readMamba(reader, config);
    } else {
      reader.complain("model_type", fmt::format("is \"{}\"; this program runs jamba and mamba",
                                                utf8::beginning(config.modelType, 40)));
    }
  }
  if (!reader.error().empty()) return Error{ErrorCode::ModelUnusable, reader.error()};
  return config;
}

}  // namespace lectern
