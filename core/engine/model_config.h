// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// How a layer mixes tokens, and what network follows. Any list of these is a model; Jamba is one
/// such list.
enum class Mixer : uint8_t { Attention, Mamba };
enum class FeedForward : uint8_t { None, Dense, Experts };

struct LayerKind {
  Mixer mixer = Mixer::Mamba;
  FeedForward feedForward = FeedForward::Dense;
  friend bool operator==(const LayerKind&, const LayerKind&) = default;
};

/// Layers [first, end) of a model.
struct LayerRange {
  int64_t first = 0;
  int64_t end = 0;
  friend bool operator==(const LayerRange&, const LayerRange&) = default;
};

/// A model's shape. Fields keep the names of the model's own file (huggingface/transformers,
/// models/jamba/configuration_jamba.py).
struct ModelConfig {
  std::string modelType;  ///< "jamba" or "mamba"
  int64_t vocabSize = 0;
  int64_t hiddenSize = 0;
  int64_t intermediateSize = 0;  ///< of the dense network and of each expert
  int64_t numAttentionHeads = 0;
  int64_t numKeyValueHeads = 0;
  int64_t headDim = 0;
  int64_t numExperts = 1;
  int64_t numExpertsPerTok = 1;
  int64_t mambaDState = 0;
  int64_t mambaDConv = 0;
  int64_t mambaInner = 0;  ///< expand × hidden
  int64_t mambaDtRank = 0;
  bool mambaInnerNorms = true;  ///< Jamba's norms of delta, B and C
  bool mambaConvBias = true;
  bool mambaProjBias = false;
  float rmsNormEps = 1e-6F;
  int64_t maxPositionEmbeddings = 262'144;
  int64_t bosTokenId = -1;  ///< −1: none
  std::vector<int64_t> eosTokenIds;
  std::vector<LayerKind> layers;
  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;

  [[nodiscard]] LayerRange allLayers() const { return {0, static_cast<int64_t>(layers.size())}; }
  [[nodiscard]] int64_t attentionLayers() const { return attentionLayers(allLayers()); }
  [[nodiscard]] int64_t mambaLayers() const { return mambaLayers(allLayers()); }
  [[nodiscard]] int64_t attentionLayers(LayerRange range) const;
  [[nodiscard]] int64_t mambaLayers(LayerRange range) const;
};

/// Reads a config.json of model_type "jamba" (Lieber et al. 2024) or "mamba" (Gu & Dao 2023: Mamba
/// layers alone). The period rule gives the layout; "layers_block_type" and "layers_num_experts"
/// must agree where they are present, or decide where the periods are not. Errors: ModelUnusable,
/// naming the key, its value and what it must be: wrong types, sides that do not divide, numbers
/// beyond what memory or this program can hold, functions other than SiLU, sliding windows.
Result<ModelConfig> parseModelConfig(const nlohmann::json& json, std::string_view fileName);

}  // namespace lectern
