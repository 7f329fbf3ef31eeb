// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/model_config.h"

#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <string>

namespace lectern {
namespace {

Result<ModelConfig> parse(const std::string& changes) {
  nlohmann::json config = tiny_model::miniConfig();
  config.update(nlohmann::json::parse(changes));
  return parseModelConfig(config, "config.json");
}

bool refusedFor(const std::string& changes, const std::string& key) {
  const auto config = parse(changes);
  if (config) return false;
  EXPECT_EQ(config.error().code, ErrorCode::ModelUnusable);
  const bool named = config.error().message.find(key) != std::string::npos;
  if (!named) ADD_FAILURE() << config.error().message;
  return named;
}

TEST(ModelConfig, LaysLayersByPeriodAndOffset) {
  const ModelConfig config =
      parse(R"({"num_hidden_layers": 32, "attn_layer_period": 8, "attn_layer_offset": 4})").value();
  EXPECT_EQ(config.attentionLayers(), 4);
  for (const size_t i : {4U, 12U, 20U, 28U}) {
    EXPECT_EQ(config.layers[i], (LayerKind{Mixer::Attention, FeedForward::Dense}));
  }
  EXPECT_EQ(config.layers[1], (LayerKind{Mixer::Mamba, FeedForward::Experts}));
}

TEST(ModelConfig, GivesThe3BFamilyItsTwoAttentionLayers) {
  const ModelConfig config =
      parse(R"({"num_hidden_layers": 28, "attn_layer_period": 14, "attn_layer_offset": 7,
      "num_experts": 1, "hidden_size": 2560, "num_attention_heads": 20, "num_key_value_heads": 1,
      "mamba_dt_rank": 160, "eos_token_id": [2, 5]})")
          .value();
  EXPECT_EQ(config.attentionLayers(), 2);
  EXPECT_EQ(config.layers[7].mixer, Mixer::Attention);
  EXPECT_EQ(config.layers[21].mixer, Mixer::Attention);
  EXPECT_EQ(config.headDim, 128);
  EXPECT_EQ(config.mambaInner, 5120);
  EXPECT_EQ(config.eosTokenIds, (std::vector<int64_t>{2, 5}));
}

TEST(ModelConfig, TakesAutoAndNullAsTheFormatMeansThem) {
  EXPECT_EQ(parse(R"({"mamba_dt_rank": "auto", "hidden_size": 36})").value().mambaDtRank, 3);
  EXPECT_EQ(parse(R"({"num_key_value_heads": null})").value().numKeyValueHeads, 4);
  EXPECT_EQ(parse(R"({"sliding_window": null})").value().numKeyValueHeads, 2);
}

TEST(ModelConfig, BelievesAListOfLayersWhereThereAreNoPeriods) {
  nlohmann::json config = tiny_model::miniConfig();
  config.erase("attn_layer_period");
  config.erase("attn_layer_offset");
  config["layers_block_type"] = {"attention", "mamba", "attention", "mamba"};
  EXPECT_EQ(parseModelConfig(config, "c").value().attentionLayers(), 2);
}

TEST(ModelConfig, RefusesWhatItCannotRun) {
  EXPECT_TRUE(refusedFor(R"({"model_type": "llama"})", "model_type"));
  EXPECT_TRUE(refusedFor(R"({"hidden_act": "gelu"})", "hidden_act"));
  EXPECT_TRUE(refusedFor(R"({"sliding_window": 4096})", "sliding_window"));
  EXPECT_TRUE(refusedFor(R"({"attn_layer_offset": 4})", "attn_layer_offset"));
  EXPECT_TRUE(refusedFor(R"({"expert_layer_offset": 2})", "expert_layer_offset"));
  EXPECT_TRUE(refusedFor(R"({"num_attention_heads": 3})", "num_attention_heads"));
  EXPECT_TRUE(refusedFor(R"({"num_key_value_heads": 3})", "num_key_value_heads"));
  EXPECT_TRUE(refusedFor(R"({"num_experts_per_tok": 5})", "num_experts_per_tok"));
  EXPECT_TRUE(refusedFor(R"({"layers_block_type": ["mamba"]})", "layers_block_type"));
  EXPECT_TRUE(
      refusedFor(R"({"layers_block_type": ["mamba", "mamba", "mamba", "mamba"]})", "disagrees"));
}

TEST(ModelConfig, RefusesAbsurdAndWrongValues) {
  EXPECT_TRUE(refusedFor(R"({"hidden_size": 18446744073709551615})", "hidden_size"));
  EXPECT_TRUE(refusedFor(R"({"hidden_size": -16})", "hidden_size"));
  EXPECT_TRUE(refusedFor(R"({"hidden_size": 0})", "hidden_size"));
  EXPECT_TRUE(refusedFor(R"({"hidden_size": 16.5})", "hidden_size"));
  EXPECT_TRUE(refusedFor(R"({"hidden_size": "16"})", "hidden_size"));
  EXPECT_TRUE(refusedFor(R"({"hidden_size": null})", "hidden_size"));
  EXPECT_TRUE(refusedFor(R"({"num_hidden_layers": 1000000000})", "num_hidden_layers"));
  EXPECT_TRUE(refusedFor(R"({"rms_norm_eps": -1})", "rms_norm_eps"));
  EXPECT_TRUE(refusedFor(R"({"rms_norm_eps": "x"})", "rms_norm_eps"));
  EXPECT_TRUE(refusedFor(R"({"mamba_conv_bias": 1})", "mamba_conv_bias"));
  EXPECT_TRUE(refusedFor(R"({"eos_token_id": 32})", "eos_token_id"));
  EXPECT_TRUE(refusedFor(R"({"eos_token_id": [1, "x"]})", "eos_token_id"));
  EXPECT_TRUE(refusedFor(R"({"mamba_dt_rank": "many"})", "mamba_dt_rank"));
  EXPECT_FALSE(parseModelConfig(nlohmann::json::array(), "c").has_value());
  EXPECT_FALSE(parseModelConfig(nlohmann::json::object(), "c").has_value());
}

}  // namespace
}  // namespace lectern
