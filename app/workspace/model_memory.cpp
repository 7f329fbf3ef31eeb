// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_memory.h"

#include "core/engine/model.h"
#include "core/engine/states.h"

#include <unistd.h>

#include <algorithm>

namespace lectern {

namespace {

constexpr int64_t kFloatBytes = 4;

/// Keys and values of all pages, and the fixed states: twice, for what was read and for the
/// question behind it, which share the pages (core/engine/states.cpp).
int64_t windowBytes(const ModelConfig& config, int64_t tokens) {
  const int64_t pages = (tokens + States::kPageTokens - 1) / States::kPageTokens;
  const int64_t page =
      2 * States::kPageTokens * config.numKeyValueHeads * config.headDim * kFloatBytes;
  const int64_t fixed = (config.mambaDConv - 1 + config.mambaDState) * config.mambaInner;
  return config.attentionLayers() * pages * page + 2 * config.mambaLayers() * fixed * kFloatBytes;
}

/// The widest of what stands side by side in a chunk (core/engine/model.cpp, makeSlots): residual,
/// normed, delta, and those of one layer.
int64_t workingBytes(const ModelConfig& config) {
  int64_t layer = (config.numAttentionHeads * 2 + 2 * config.numKeyValueHeads) * config.headDim;
  if (config.mambaLayers() > 0) layer = std::max(layer, 5 * config.mambaInner);
  layer = std::max(layer, config.intermediateSize);
  if (config.numExperts > 1) {
    layer =
        std::max(layer, config.numExpertsPerTok * (config.hiddenSize + config.intermediateSize));
  }
  return (3 * config.hiddenSize + layer) * Model::kChunkTokens * kFloatBytes +
         config.vocabSize * kFloatBytes;
}

}  // namespace

ModelMemory memoryOf(const ModelDescription& model, int64_t windowTokens) {
  const ModelConfig& config = model.config;
  const int64_t tokens = windowTokens > 0 ? std::min(windowTokens, config.maxPositionEmbeddings)
                                          : config.maxPositionEmbeddings;
  return {model.bytes, windowBytes(config, tokens), workingBytes(config)};
}

int64_t machineMemoryBytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long bytes = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && bytes > 0 ? int64_t{pages} * bytes : 0;
}

}  // namespace lectern
