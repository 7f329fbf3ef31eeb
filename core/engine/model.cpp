// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/model.h"

#include "core/base/check.h"

#include <algorithm>
#include <utility>

namespace lectern {

Result<std::unique_ptr<Model>> Model::create(const ModelConfig& config,
                                             std::shared_ptr<const Weights> weights,
                                             std::shared_ptr<kernels::Backend> backend,
                                             int64_t maxTokens) {
  auto model = std::unique_ptr<Model>(new Model);
  model->config_ = config;
  model->chunkTokens_ = backend->properties().rowsAtOnce;
  model->stage_ = TRY(Stage::create(model->config_, std::move(weights), std::move(backend),
                                    {config.allLayers(), model->chunkTokens_, maxTokens}));
  return model;
}

Result<void> Model::run(States& states,
                        std::span<const int32_t> tokens,
                        const RunRequest& request) {
  const auto count = static_cast<int64_t>(tokens.size());
  LECTERN_CHECK(count >= 1 && count <= chunkTokens_);
  for (const int32_t token : tokens) LECTERN_CHECK(token >= 0 && token < config_.vocabSize);
  const bool tapped = !request.tapWeights.empty() && count == 1 && stage_->hasTap();

  if (count == 1) TRY(stage_->recordStep(states.view(), tapped));
  TRY(states.prepare(count, stage_->stream()));
  const int64_t wanted = request.allLogits ? count : 1;
  logits_.resize(static_cast<size_t>(wanted * config_.vocabSize));
  stage_->setPosition(states.position());
  stage_->setTokens(tokens);
  if (tapped) stage_->setTapWeights(request.tapWeights);
  stage_->run(states.view(), count, tapped, logits_);
  mass_.clear();
  if (tapped) {
    layerMass_.resize(static_cast<size_t>(config_.attentionLayers() * stage_->tapBlocks()));
    stage_->copyMass(layerMass_);
  }
  TRY(stage_->stream().wait());
  states.advance(tokens);
  if (tapped) collectMass(states.position());
  return {};
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
