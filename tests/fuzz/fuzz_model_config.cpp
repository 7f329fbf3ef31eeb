// SPDX-License-Identifier: GPL-3.0-or-later
// A model's config.json comes from anywhere. What is accepted must be a shape that the engine can
// count with: no product of its sides leaves an int64, and everything divides that has to.
#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/utf8.h"
#include "core/engine/model_config.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace lectern;

void checkConfig(const ModelConfig& config) {
  LECTERN_CHECK(config.vocabSize > 0 && config.hiddenSize > 0 && !config.layers.empty());
  LECTERN_CHECK(config.attentionLayers() + config.mambaLayers() ==
                static_cast<int64_t>(config.layers.size()));
  if (config.attentionLayers() > 0) {
    LECTERN_CHECK(config.numAttentionHeads * config.headDim == config.hiddenSize);
    LECTERN_CHECK(config.numKeyValueHeads > 0 &&
                  config.numAttentionHeads % config.numKeyValueHeads == 0);
  }
  LECTERN_CHECK(config.mambaInner > 0 && config.mambaDtRank > 0 && config.mambaDState > 0);
  LECTERN_CHECK(config.mambaDConv > 1);
  for (const LayerKind layer : config.layers) {
    if (layer.feedForward != FeedForward::Experts) continue;
    LECTERN_CHECK(config.numExpertsPerTok > 0 && config.numExpertsPerTok <= config.numExperts);
  }
  for (const int64_t side : {config.hiddenSize, config.intermediateSize, config.mambaInner}) {
    int64_t bytes = side;
    for (const int64_t factor : {config.hiddenSize, config.numExperts, int64_t{3}, int64_t{4}}) {
      LECTERN_CHECK(!__builtin_mul_overflow(bytes, factor, &bytes));
    }
  }
  LECTERN_CHECK(config.rmsNormEps > 0 && config.maxPositionEmbeddings > 0);
  LECTERN_CHECK(config.bosTokenId < config.vocabSize);
  for (const int64_t id : config.eosTokenIds) LECTERN_CHECK(id >= 0 && id < config.vocabSize);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto json = parseJson({reinterpret_cast<const char*>(data), size}, "config.json");
  if (!json.has_value()) return 0;
  const auto config = parseModelConfig(*json, "config.json");
  if (config.has_value()) {
    checkConfig(*config);
  } else {
    LECTERN_CHECK(config.error().code == ErrorCode::ModelUnusable);
    LECTERN_CHECK(utf8::isValid(config.error().message));
  }
  return 0;
}
