// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/memory_needs.h"

#include "core/engine/cache_type.h"
#include "core/engine/stage.h"
#include "core/engine/states.h"
#include "core/engine/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace lectern {

namespace {

constexpr int64_t kFloatBytes = 4;
constexpr int64_t kThousand = 1024;

/// Keys and values of all pages, and the fixed states: twice, for what was read and for the
/// question behind it, which share the pages (core/engine/states.cpp).
int64_t windowBytes(const ModelConfig& config, int64_t tokens, kernels::DType cacheType) {
  const int64_t pages = (tokens + States::kPageTokens - 1) / States::kPageTokens;
  const int64_t page = States::kPageTokens *
                       kernels::cacheTokenBytes(cacheType, config.numKeyValueHeads, config.headDim);
  const int64_t fixed = (config.mambaDConv - 1 + config.mambaDState) * config.mambaInner;
  return config.attentionLayers() * pages * page + 2 * config.mambaLayers() * fixed * kFloatBytes;
}

/// The widest of what stands side by side in a chunk (core/engine/forward_pass.cpp, makeSlots):
/// residual, normed, delta, and those of one layer.
int64_t workingBytes(const ModelConfig& config, int64_t rowsAtOnce) {
  int64_t layer = (config.numAttentionHeads * 2 + 2 * config.numKeyValueHeads) * config.headDim;
  if (config.mambaLayers() > 0) layer = std::max(layer, 5 * config.mambaInner);
  layer = std::max(layer, config.intermediateSize);
  if (config.numExperts > 1) {
    layer =
        std::max(layer, config.numExpertsPerTok * (config.hiddenSize + config.intermediateSize));
  }
  return (3 * config.hiddenSize + layer) * rowsAtOnce * kFloatBytes +
         config.vocabSize * kFloatBytes;
}

}  // namespace

ModelMemory memoryOf(const ModelConfig& config,
                     int64_t modelBytes,
                     int64_t windowTokens,
                     std::optional<kernels::DType> cacheType,
                     int64_t rowsAtOnce) {
  const int64_t tokens = windowTokens > 0 ? std::min(windowTokens, config.maxPositionEmbeddings)
                                          : config.maxPositionEmbeddings;
  return {modelBytes, windowBytes(config, tokens, cacheType.value_or(usualCacheType(config))),
          workingBytes(config, rowsAtOnce)};
}

int64_t windowThatFits(const ModelConfig& config,
                       int64_t modelBytes,
                       int64_t memoryBytes,
                       std::optional<kernels::DType> cacheType) {
  const auto fits = [&](int64_t tokens) {
    return memoryOf(config, modelBytes, tokens, cacheType).bytes() <= memoryBytes;
  };
  if (fits(config.maxPositionEmbeddings)) return config.maxPositionEmbeddings;
  int64_t low = 0;
  int64_t high = config.maxPositionEmbeddings / kThousand;
  while (low < high) {
    const int64_t middle = (low + high + 1) / 2;
    if (fits(middle * kThousand)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low * kThousand;
}

Result<ModelMemory> plannedMemory(const ModelFolder& model,
                                  const ModelConfig& config,
                                  kernels::Backend& backend,
                                  std::optional<kernels::DType> matrixType,
                                  kernels::DType cacheType,
                                  int64_t windowTokens) {
  const WeightShapes shapes = TRY(Weights::shapes(model, config, backend, matrixType));
  const WorkingMemory working =
      Stage::plan(config, *shapes.weights, backend,
                  {config.allLayers(), backend.properties().rowsAtOnce, windowTokens});
  return ModelMemory{shapes.bytes(), windowBytes(config, windowTokens, cacheType), working.bytes()};
}

Result<void> checkFits(const ModelFolder& model,
                       const ModelMemory& needs,
                       int64_t freeBytes,
                       std::string_view where) {
  if (freeBytes <= 0 || needs.bytes() <= freeBytes) return {};
  int64_t elements = 0;
  int64_t fileBytes = 0;
  for (const auto& [name, tensor] : model.tensors()) {
    elements += tensor.elements();
    fileBytes += static_cast<int64_t>(tensor.data.size());
  }
  const auto gigabytes = [](int64_t count) { return static_cast<double>(count) / 1e9; };
  std::string advice = "Close other programs";
  // What quantizing to Q4_K leaves: 4.5 bits a weight, and some more of the head.
  const int64_t least = elements * 5 / 8;
  const int64_t quantised = needs.bytes() - needs.weightBytes + least;
  if (least < fileBytes && quantised <= freeBytes) {
    advice += fmt::format(", or quantize it: as Q4_K it needs {:.1f} GB, which would fit",
                          gigabytes(quantised));
  } else if (least < fileBytes) {
    advice += fmt::format(", or take a smaller model: as Q4_K this one needs {:.1f} GB",
                          gigabytes(quantised));
  }
  return Error{ErrorCode::OutOfMemory,
               fmt::format("The model in {} needs {:.1f} GB of memory, and {:.1f} GB are free{}. "
                           "{}.",
                           model.path().string(), gigabytes(needs.bytes()), gigabytes(freeBytes),
                           where, advice)};
}

}  // namespace lectern
