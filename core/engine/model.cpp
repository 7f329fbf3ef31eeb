// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/model.h"

#include "core/base/check.h"
#include "kernels/arena_planner.h"

#include <algorithm>
#include <utility>

namespace lectern {

using kernels::DType;
using kernels::Operation;
using kernels::Tensor;
using kernels::Weight;

/// One walk through the layers for `tokens` tokens: hands every operation to `emit`.
class Model::Pass {
 public:
  using Emit = std::function<void(const Operation&)>;

  Pass(const Model& model, const States& states, int64_t tokens, bool tapped, Emit emit)
      : model_(model),
        config_(model.config_),
        weights_(*model.weights_),
        slots_(model.slots_),
        states_(states),
        tokens_(tokens),
        tapped_(tapped),
        emit_(std::move(emit)) {}

  // Up to the residual of the last layer; its own last contribution is still in `delta`.
  void body() {
    emit_(kernels::EmbedRows{weights_.embedding, model_.ids_.colRange(0, tokens_),
                             rows(slots_.residual)});
    bool first = true;
    int64_t attention = 0;
    int64_t mamba = 0;
    for (size_t i = 0; i < config_.layers.size(); ++i) {
      const LayerWeights& layer = weights_.layers[i];
      norm(first ? Tensor{} : rows(slots_.delta), layer.mixerNorm);
      first = false;
      if (config_.layers[i].mixer == Mixer::Mamba) {
        mixMamba(layer.mamba, mamba++);
      } else {
        mixAttention(layer.attention, attention++);
      }
      if (config_.layers[i].feedForward == FeedForward::None) continue;
      norm(rows(slots_.delta), layer.feedForwardNorm);
      feedForward(layer.feedForward);
    }
  }

  // The final norm of `count` rows from `first` on.
  void finalNorm(int64_t first, int64_t count) {
    emit_(kernels::AddNorm{slots_.residual.rowRange(first, count),
                           slots_.delta.rowRange(first, count), weights_.finalNorm,
                           slots_.normed.rowRange(first, count), config_.rmsNormEps});
  }
  void head(int64_t row) {
    emit_(kernels::Linear{weights_.head, slots_.normed.rowRange(row, 1), {}, slots_.logits});
  }

 private:
  [[nodiscard]] Tensor rows(const Tensor& slot) const { return slot.rowRange(0, tokens_); }

  void norm(const Tensor& delta, const Tensor& weight) {
    emit_(kernels::AddNorm{rows(slots_.residual), delta, weight, rows(slots_.normed),
                           config_.rmsNormEps});
  }

  void mixMamba(const MambaWeights& w, int64_t index) {
    const int64_t inner = config_.mambaInner;
    const Tensor xz = rows(slots_.xz);
    const Tensor scanned = rows(slots_.scanned);
    const Tensor convState = states_.convState(index);
    const Tensor h = states_.ssmState(index);
    emit_(kernels::Linear{w.inProj, rows(slots_.normed), w.inBias, xz});
    if (tokens_ == 1) {
      emit_(kernels::MambaStep{xz, w.convWeight, w.convBias, convState, w.xProj, w.deltaNorm,
                               w.bNorm, w.cNorm, w.deltaProj, w.deltaBias, w.a, w.skip, h,
                               model_.stepScratch_, scanned, config_.rmsNormEps});
    } else {
      const Tensor u = rows(slots_.u);
      const Tensor projected = rows(slots_.projected);
      const Tensor rank = rows(slots_.rank);
      const Tensor b = rows(slots_.b);
      const Tensor c = rows(slots_.c);
      const Tensor dt = rows(slots_.dt);
      emit_(kernels::ConvSilu{xz.colRange(0, inner), w.convWeight, w.convBias, convState, u});
      emit_(kernels::Linear{w.xProj, u, {}, projected});
      emit_(kernels::SplitNorm{projected, w.deltaNorm, w.bNorm, w.cNorm, rank, b, c,
                               config_.rmsNormEps});
      emit_(kernels::Linear{w.deltaProj, rank, {}, dt});
      emit_(kernels::SelectiveScan{u, dt, w.deltaBias, w.a, b, c, w.skip, xz.colRange(inner, inner),
                                   h, scanned});
    }
    emit_(kernels::Linear{w.outProj, scanned, w.outBias, rows(slots_.delta)});
  }

  void mixAttention(const AttentionWeights& w, int64_t index) {
    const int64_t queries = config_.numAttentionHeads * config_.headDim;
    const int64_t keys = config_.numKeyValueHeads * config_.headDim;
    const Tensor qkv = rows(slots_.qkv);
    const Tensor attended = rows(slots_.attended);
    const kernels::KvCache cache = states_.cache(index);
    const Tensor normed = rows(slots_.normed);
    emit_(kernels::Linear{w.query, normed, {}, qkv.colRange(0, queries)});
    emit_(kernels::Linear{w.key, normed, {}, qkv.colRange(queries, keys)});
    emit_(kernels::Linear{w.value, normed, {}, qkv.colRange(queries + keys, keys)});
    emit_(kernels::AppendKv{qkv.colRange(queries, keys), qkv.colRange(queries + keys, keys), cache,
                            model_.step_});
    const Tensor q = qkv.colRange(0, queries);
    if (tokens_ == 1) {
      emit_(kernels::AttendOne{q, cache, config_.numAttentionHeads, attended,
                               tapped_ ? model_.tap_.headWeight.rowRange(index, 1) : Tensor{},
                               tapped_ ? model_.tap_.mass.rowRange(index, 1) : Tensor{},
                               model_.step_});
    } else {
      emit_(kernels::AttendMany{q, cache, config_.numAttentionHeads, attended, model_.step_});
    }
    emit_(kernels::Linear{w.out, attended, {}, rows(slots_.delta)});
  }

  void feedForward(const FeedForwardWeights& w) {
    const Tensor in = rows(slots_.normed);
    if (!w.router.isPresent()) {
      emit_(kernels::LinearGated{w.gate, w.up, in, rows(slots_.gated)});
      emit_(kernels::Linear{w.down, rows(slots_.gated), {}, rows(slots_.delta)});
      return;
    }
    emit_(kernels::Linear{w.router, in, {}, rows(slots_.routed)});
    emit_(kernels::Route{rows(slots_.routed), rows(slots_.chosen), rows(slots_.chances)});
    emit_(kernels::Experts{w.gate, w.up, w.down, in, rows(slots_.chosen), rows(slots_.chances),
                           slots_.expertScratch.rowRange(0, tokens_ * config_.numExpertsPerTok),
                           rows(slots_.delta)});
  }

  const Model& model_;
  const ModelConfig& config_;
  const Weights& weights_;
  const Slots& slots_;
  const States& states_;
  int64_t tokens_;
  bool tapped_;
  Emit emit_;
};

Model::Slots Model::makeSlots(const std::function<Tensor(DType, int64_t, int64_t)>& make) const {
  const auto floats = [&](int64_t cols) { return make(DType::F32, chunkTokens_, cols); };
  Slots s;
  s.residual = floats(config_.hiddenSize);
  s.normed = floats(config_.hiddenSize);
  s.delta = floats(config_.hiddenSize);
  s.logits = make(DType::F32, 1, config_.vocabSize);
  if (config_.mambaLayers() > 0) {
    s.xz = floats(2 * config_.mambaInner);
    s.u = floats(config_.mambaInner);
    s.projected = floats(config_.mambaDtRank + 2 * config_.mambaDState);
    s.rank = floats(config_.mambaDtRank);
    s.b = floats(config_.mambaDState);
    s.c = floats(config_.mambaDState);
    s.dt = floats(config_.mambaInner);
    s.scanned = floats(config_.mambaInner);
  }
  if (config_.attentionLayers() > 0) {
    s.qkv = floats((config_.numAttentionHeads + 2 * config_.numKeyValueHeads) * config_.headDim);
    s.attended = floats(config_.numAttentionHeads * config_.headDim);
  }
  const auto has = [&](FeedForward kind) {
    return std::any_of(config_.layers.begin(), config_.layers.end(),
                       [kind](LayerKind layer) { return layer.feedForward == kind; });
  };
  if (has(FeedForward::Dense)) s.gated = floats(config_.intermediateSize);
  if (has(FeedForward::Experts)) {
    s.routed = floats(config_.numExperts);
    s.chosen = make(DType::I32, chunkTokens_, config_.numExpertsPerTok);
    s.chances = floats(config_.numExpertsPerTok);
    s.expertScratch = make(DType::F32, chunkTokens_ * config_.numExpertsPerTok,
                           config_.hiddenSize + config_.intermediateSize);
  }
  return s;
}

// Walks the pass once with placeholders, lets the planner place them, and makes the slots again at
// their places.
Result<void> Model::planArena() {
  kernels::ArenaPlanner planner;
  std::vector<void*> placeholders;
  slots_ = makeSlots([&](DType type, int64_t rows, int64_t cols) {
    placeholders.push_back(planner.addSlot(rows * cols * kernels::elementBytes(type)));
    return kernels::matrix(placeholders.back(), type, rows, cols);
  });
  const States states = TRY(States::create(config_, DType::F32, chunkTokens_, backend_));
  Pass pass(*this, states, chunkTokens_, /*tapped=*/false,
            [&](const Operation& op) { planner.use(op); });
  pass.body();
  pass.finalNorm(0, chunkTokens_);
  pass.head(chunkTokens_ - 1);

  buffers_.push_back(TRY(backend_->allocate(planner.plan(), "The working memory of the model")));
  size_t next = 0;
  slots_ = makeSlots([&](DType type, int64_t rows, int64_t cols) {
    char* place =
        static_cast<char*>(buffers_.back().data()) + planner.offsetOf(placeholders[next++]);
    return kernels::matrix(place, type, rows, cols);
  });
  return {};
}

Result<std::unique_ptr<Model>> Model::create(const ModelConfig& config,
                                             std::shared_ptr<const Weights> weights,
                                             std::shared_ptr<kernels::Backend> backend,
                                             int64_t maxTokens) {
  auto model = std::unique_ptr<Model>(new Model);
  model->config_ = config;
  model->weights_ = std::move(weights);
  model->backend_ = std::move(backend);
  model->chunkTokens_ = model->backend_->properties().rowsAtOnce;
  model->stream_ = TRY(model->backend_->newStream());
  const auto allocate = [&](DType type, int64_t rows, int64_t cols) -> Result<Tensor> {
    const int64_t bytes = std::max<int64_t>(1, rows * cols * kernels::elementBytes(type));
    model->buffers_.push_back(
        TRY(model->backend_->allocate(bytes, "The working memory of the model")));
    return kernels::matrix(model->buffers_.back().data(), type, rows, cols);
  };
  model->ids_ = TRY(allocate(DType::I32, 1, model->chunkTokens_));
  model->step_.position = TRY(allocate(DType::I32, 1, 1)).row<int32_t>(0);
  if (config.mambaLayers() > 0) {
    const int64_t projected = config.mambaDtRank + 2 * config.mambaDState;
    model->stepScratch_ = TRY(allocate(DType::F32, 1, 3 * config.mambaInner + 2 * projected));
  }
  if (const int64_t layers = config.attentionLayers(); layers > 0) {
    const int64_t pages = (maxTokens + States::kPageTokens - 1) / States::kPageTokens;
    const int64_t blocks = pages * States::kPageTokens / kernels::AttendOne::kBlockTokens;
    model->tap_.headWeight = TRY(allocate(DType::F32, layers, config.numAttentionHeads));
    model->tap_.mass = TRY(allocate(DType::F32, layers, blocks));
  }
  TRY(model->planArena());
  return model;
}

Result<void> Model::run(States& states,
                        std::span<const int32_t> tokens,
                        const RunRequest& request) {
  const auto count = static_cast<int64_t>(tokens.size());
  LECTERN_CHECK(count >= 1 && count <= chunkTokens_);
  for (const int32_t token : tokens) LECTERN_CHECK(token >= 0 && token < config_.vocabSize);
  const bool tapped = !request.tapWeights.empty() && count == 1 && tap_.mass.isPresent();

  const kernels::Recording* step = nullptr;
  if (count == 1) step = TRY(recordedStep(states, tapped));
  TRY(states.prepare(count, *stream_));
  const auto position = static_cast<int32_t>(states.position());
  stream_->copyIn(const_cast<int32_t*>(step_.position), &position, sizeof position);
  stream_->copyIn(ids_.data, tokens.data(), count * static_cast<int64_t>(sizeof(int32_t)));
  if (tapped) {
    LECTERN_CHECK(static_cast<int64_t>(request.tapWeights.size()) ==
                  tap_.headWeight.rows * tap_.headWeight.cols);
    stream_->copyIn(tap_.headWeight.data, request.tapWeights.data(), tap_.headWeight.bytes());
  }

  const int64_t firstWanted = request.allLogits ? 0 : count - 1;
  logits_.resize(static_cast<size_t>((count - firstWanted) * config_.vocabSize));
  const auto copyLogits = [&](int64_t row) {
    stream_->copyOut(logits_.data() + row * config_.vocabSize, slots_.logits.data,
                     slots_.logits.bytes());
  };
  if (step != nullptr) {
    stream_->replay(*step, states.position() + 1);
    copyLogits(0);
  } else {
    Pass pass(*this, states, count, /*tapped=*/false,
              [&](const Operation& op) { backend_->run(op, *stream_); });
    pass.body();
    pass.finalNorm(firstWanted, count - firstWanted);
    for (int64_t row = firstWanted; row < count; ++row) {
      pass.head(row);
      copyLogits(row - firstWanted);
    }
  }
  mass_.clear();
  if (tapped) {
    layerMass_.resize(static_cast<size_t>(tap_.mass.rows * tap_.mass.cols));
    stream_->copyOut(layerMass_.data(), tap_.mass.data, tap_.mass.bytes());
  }
  TRY(stream_->wait());
  states.advance(tokens);
  if (tapped) collectMass(states.position());
  return {};
}

Result<const kernels::Recording*> Model::recordedStep(const States& states, bool tapped) {
  RecordedStep& recorded = recordedSteps_[tapped ? 1 : 0];
  if (recorded.operations == nullptr || recorded.place != states.place()) {
    recorded.operations = TRY(backend_->record([&](kernels::Stream& stream) {
      Pass pass(*this, states, 1, tapped, [&](const Operation& op) { backend_->run(op, stream); });
      pass.body();
      pass.finalNorm(0, 1);
      pass.head(0);
    }));
    recorded.place = states.place();
  }
  return recorded.operations.get();
}

// The sum over the tapped layers, for the blocks that hold tokens.
void Model::collectMass(int64_t tokens) {
  constexpr int64_t kBlock = kernels::AttendOne::kBlockTokens;
  const int64_t blocks = (tokens + kBlock - 1) / kBlock;
  mass_.assign(static_cast<size_t>(blocks), 0.0F);
  for (int64_t layer = 0; layer < tap_.mass.rows; ++layer) {
    for (int64_t block = 0; block < blocks; ++block) {
      mass_[static_cast<size_t>(block)] +=
          layerMass_[static_cast<size_t>(layer * tap_.mass.cols + block)];
    }
  }
}

int64_t Model::workingBytes() const {
  int64_t bytes = 0;
  for (const kernels::Buffer& buffer : buffers_) bytes += buffer.bytes();
  return bytes;
}

}  // namespace lectern
