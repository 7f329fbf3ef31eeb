// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/model.h"

#include "core/base/check.h"

#include <algorithm>
#include <utility>

namespace lectern {

Result<std::unique_ptr<Model>> Model::create(const ModelConfig& config,
                                             std::shared_ptr<const Weights> weights,
                                             const Devices& devices,
                                             int64_t maxTokens) {
  auto model = std::unique_ptr<Model>(new Model);
  model->config_ = config;
  model->chunkTokens_ = chunkTokensOn(devices);
  for (const Devices::Part& part : devices.parts) {
    model->stages_.push_back(
        TRY(Stage::create(model->config_, weights, part.backend, devices.processor,
                          {part.layers, model->chunkTokens_, maxTokens})));
    model->streams_.push_back(&model->stages_.back()->stream());
  }
  return model;
}

Result<void> Model::run(States& states,
                        std::span<const int32_t> tokens,
                        const RunRequest& request) {
  const auto count = static_cast<int64_t>(tokens.size());
  LECTERN_CHECK(count >= 1 && count <= chunkTokens_);
  for (const int32_t token : tokens) LECTERN_CHECK(token >= 0 && token < config_.vocabSize);
  const bool tapped = !request.tapWeights.empty() && count == 1 && config_.attentionLayers() > 0;
  if (count == 1) {
    for (size_t i = 0; i < stages_.size(); ++i) {
      TRY(stages_[i]->recordStep(states.view(i), tapped));
    }
  }
  TRY(states.prepare(count, streams_));
  const int64_t wanted = request.allLogits ? count : 1;
  logits_.resize(static_cast<size_t>(wanted * config_.vocabSize));
  border_.resize(stages_.size() > 1 ? static_cast<size_t>(2 * count * config_.hiddenSize) : 0);
  mass_.clear();
  layerMass_.clear();
  size_t tapAt = 0;
  for (size_t i = 0; i < stages_.size(); ++i) {
    Stage& stage = *stages_[i];
    const bool isLast = i + 1 == stages_.size();
    stage.setPosition(states.position());
    if (i == 0) {
      stage.setTokens(tokens);
    } else {
      stage.receive(border_, count);
    }
    const bool tapsHere = tapped && stage.tapLayers() > 0;
    if (tapsHere) {
      const auto heads = static_cast<size_t>(stage.tapLayers() * config_.numAttentionHeads);
      LECTERN_CHECK(tapAt + heads <= request.tapWeights.size());
      stage.setTapWeights(request.tapWeights.subspan(tapAt, heads));
      tapAt += heads;
    }
    stage.run(states.view(i), count, tapped, isLast ? std::span(logits_) : std::span<float>());
    if (tapsHere) {
      const auto blocks = static_cast<size_t>(stage.tapLayers() * stage.tapBlocks());
      layerMass_.resize(layerMass_.size() + blocks);
      stage.copyMass(std::span(layerMass_).last(blocks));
    }
    if (!isLast) stage.handOver(border_, count);
    TRY(stage.stream().wait());
  }
  LECTERN_CHECK(tapAt == (tapped ? request.tapWeights.size() : 0));
  states.advance(tokens);
  if (tapped) collectMass(states.position());
  return {};
}

WorkingMemory Model::workingMemory() const {
  WorkingMemory sum;
  for (const auto& stage : stages_) sum += stage->memory();
  return sum;
}

// The sum over the tapped layers, for the blocks that hold tokens.
void Model::collectMass(int64_t tokens) {
  constexpr int64_t kBlock = kernels::AttendOne::kBlockTokens;
  const int64_t blocks = (tokens + kBlock - 1) / kBlock;
  mass_.assign(static_cast<size_t>(blocks), 0.0F);
  const auto layers = static_cast<size_t>(config_.attentionLayers());
  const size_t pitch = layerMass_.size() / layers;
  for (size_t layer = 0; layer < layers; ++layer) {
    for (size_t block = 0; block < mass_.size(); ++block) {
      mass_[block] += layerMass_[layer * pitch + block];
    }
  }
}

}  // namespace lectern
