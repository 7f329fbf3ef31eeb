// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/forward_pass.h"

#include <algorithm>
#include <utility>

namespace lectern {

using kernels::DType;
using kernels::Tensor;

Slots makeSlots(const ModelConfig& config,
                LayerRange range,
                int64_t chunkTokens,
                const std::function<Tensor(DType, int64_t, int64_t)>& make) {
  const auto floats = [&](int64_t cols) { return make(DType::F32, chunkTokens, cols); };
  const auto has = [&](auto kind, auto LayerKind::* part) {
    return std::any_of(config.layers.begin() + range.first, config.layers.begin() + range.end,
                       [&](const LayerKind& layer) { return layer.*part == kind; });
  };
  Slots s;
  s.residual = floats(config.hiddenSize);
  s.normed = floats(config.hiddenSize);
  s.delta = floats(config.hiddenSize);
  if (range.end == static_cast<int64_t>(config.layers.size())) {
    s.logits = make(DType::F32, 1, config.vocabSize);
  }
  if (has(Mixer::Mamba, &LayerKind::mixer)) {
    s.xz = floats(2 * config.mambaInner);
    s.u = floats(config.mambaInner);
    s.projected = floats(config.mambaDtRank + 2 * config.mambaDState);
    s.rank = floats(config.mambaDtRank);
    s.b = floats(config.mambaDState);
    s.c = floats(config.mambaDState);
    s.dt = floats(config.mambaInner);
    s.scanned = floats(config.mambaInner);
  }
  if (has(Mixer::Attention, &LayerKind::mixer)) {
    s.qkv = floats((config.numAttentionHeads + 2 * config.numKeyValueHeads) * config.headDim);
    s.attended = floats(config.numAttentionHeads * config.headDim);
  }
  if (has(FeedForward::Dense, &LayerKind::feedForward)) s.gated = floats(config.intermediateSize);
  if (has(FeedForward::Experts, &LayerKind::feedForward)) {
    s.routed = floats(config.numExperts);
    s.chosen = make(DType::I32, chunkTokens, config.numExpertsPerTok);
    s.chances = floats(config.numExpertsPerTok);
    s.expertScratch = make(DType::F32, chunkTokens * config.numExpertsPerTok,
                           config.hiddenSize + config.intermediateSize);
  }
  return s;
}

ForwardPass::ForwardPass(const ModelConfig& config,
                         const Weights& weights,
                         LayerRange range,
                         const PassMemory& memory,
                         const StateView& states,
                         int64_t tokens,
                         bool tapped,
                         Emit emit,
                         EmitStaying emitStaying)
    : config_(config),
      weights_(weights),
      range_(range),
      memory_(memory),
      slots_(memory.results),
      states_(states),
      tokens_(tokens),
      tapped_(tapped),
      emit_(std::move(emit)),
      emitStaying_(std::move(emitStaying)) {}

void ForwardPass::layers() {
  if (range_.first == 0) {
    emit_(kernels::EmbedRows{weights_.embedding, memory_.ids.colRange(0, tokens_),
                             rows(slots_.residual)});
  }
  bool hasDelta = range_.first > 0;
  int64_t attention = 0;
  int64_t mamba = 0;
  for (auto i = static_cast<size_t>(range_.first); i < static_cast<size_t>(range_.end); ++i) {
    const LayerWeights& layer = weights_.layers[i];
    norm(hasDelta ? rows(slots_.delta) : Tensor{}, layer.mixerNorm);
    hasDelta = true;
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

void ForwardPass::finalNorm(int64_t first, int64_t count) {
  emit_(kernels::AddNorm{slots_.residual.rowRange(first, count),
                         slots_.delta.rowRange(first, count), weights_.finalNorm,
                         slots_.normed.rowRange(first, count), config_.rmsNormEps});
}

void ForwardPass::head(int64_t row) {
  emit_(kernels::Linear{weights_.head, slots_.normed.rowRange(row, 1), {}, slots_.logits});
}

void ForwardPass::norm(const Tensor& delta, const Tensor& weight) {
  emit_(kernels::AddNorm{rows(slots_.residual), delta, weight, rows(slots_.normed),
                         config_.rmsNormEps});
}

void ForwardPass::mixMamba(const MambaWeights& w, int64_t index) {
  const int64_t inner = config_.mambaInner;
  const Tensor xz = rows(slots_.xz);
  const Tensor scanned = rows(slots_.scanned);
  const Tensor convState = states_.convState(index);
  const Tensor h = states_.ssmState(index);
  emit_(kernels::Linear{w.inProj, rows(slots_.normed), w.inBias, xz});
  if (tokens_ == 1) {
    emit_(kernels::MambaStep{xz, w.convWeight, w.convBias, convState, w.xProj, w.deltaNorm, w.bNorm,
                             w.cNorm, w.deltaProj, w.deltaBias, w.a, w.skip, h, memory_.stepScratch,
                             scanned, config_.rmsNormEps});
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

void ForwardPass::mixAttention(const AttentionWeights& w, int64_t index) {
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
                          memory_.step});
  const Tensor q = qkv.colRange(0, queries);
  if (tokens_ == 1) {
    emit_(kernels::AttendOne{q, cache, config_.numAttentionHeads, attended,
                             tapped_ ? memory_.tap.headWeight.rowRange(index, 1) : Tensor{},
                             tapped_ ? memory_.tap.mass.rowRange(index, 1) : Tensor{},
                             memory_.step});
  } else {
    emit_(kernels::AttendMany{q, cache, config_.numAttentionHeads, attended, memory_.step});
  }
  emit_(kernels::Linear{w.out, attended, {}, rows(slots_.delta)});
}

void ForwardPass::feedForward(const FeedForwardWeights& w) {
  const Tensor in = rows(slots_.normed);
  if (!w.router.isPresent()) {
    emit_(kernels::LinearGated{w.networks.gate, w.networks.up, in, rows(slots_.gated)});
    emit_(kernels::Linear{w.networks.down, rows(slots_.gated), {}, rows(slots_.delta)});
    return;
  }
  emit_(kernels::Linear{w.router, in, {}, rows(slots_.routed)});
  emit_(kernels::Route{rows(slots_.routed), rows(slots_.chosen), rows(slots_.chances)});
  const kernels::Experts operation{
      w.networks.gate,
      w.networks.up,
      w.networks.down,
      in,
      rows(slots_.chosen),
      rows(slots_.chances),
      slots_.expertScratch.rowRange(0, tokens_ * config_.numExpertsPerTok),
      rows(slots_.delta)};
  if (w.stay && emitStaying_) {
    emitStaying_(w, operation);
  } else {
    emit_(operation);
  }
}

}  // namespace lectern
