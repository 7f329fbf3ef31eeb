// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/model_config.h"
#include "core/engine/state_view.h"
#include "core/engine/weights.h"
#include "kernels/operations.h"

#include <cstdint>
#include <functional>

namespace lectern {

/// Intermediate results of one run, [chunk, …]; a run of fewer tokens uses their first rows. Named
/// after what they hold; those that no layer of a range has are absent.
struct Slots {
  kernels::Tensor residual, normed, delta, logits;
  kernels::Tensor xz, u, projected, rank, b, c, dt, scanned;
  kernels::Tensor qkv, attended;
  kernels::Tensor gated, routed, chosen, chances, expertScratch;
};

/// Where the evidence tap reads head weights and leaves its mass, one row an attention layer.
struct Tap {
  kernels::Tensor headWeight, mass;
};

/// What a range of layers works with besides weights and states.
struct PassMemory {
  kernels::Tensor ids;  ///< [1, chunk] I32, of the first range
  kernels::Step step;
  kernels::Tensor stepScratch;  ///< see MambaStep
  Tap tap;
  Slots results;
};

/// The slots that a range of layers needs, each made by `make(type, rows, cols)`.
Slots makeSlots(
    const ModelConfig& config,
    LayerRange range,
    int64_t chunkTokens,
    const std::function<kernels::Tensor(kernels::DType, int64_t rows, int64_t cols)>& make);

/// One walk through a range of layers for `tokens` tokens: hands every operation to `take`. What it
/// refers to outlives it. Where nobody takes operations whose experts stay, they are emitted like
/// any other: to plan by.
class ForwardPass {
 public:
  using Emit = std::function<void(const kernels::Operation&)>;
  /// Takes over an operation whose experts stay with the processor; its weights are to be found.
  using EmitStaying =
      std::function<void(const FeedForwardWeights& w, const kernels::Experts& operation)>;

  ForwardPass(const ModelConfig& config,
              const Weights& weights,
              LayerRange range,
              const PassMemory& memory,
              const StateView& states,
              int64_t tokens,
              bool tapped,
              Emit take,
              EmitStaying takeStaying = {});

  /// From the tokens, or from what the range before left in `residual` and `delta`, up to the
  /// residual of the last layer; its own last contribution is still in `delta`.
  void layers();
  /// The final norm of `count` rows from `first` on. Of the last range, like what follows.
  void finalNorm(int64_t first, int64_t count);
  void head(int64_t row);

 private:
  [[nodiscard]] kernels::Tensor rows(const kernels::Tensor& slot) const {
    return slot.rowRange(0, tokens_);
  }
  void norm(const kernels::Tensor& delta, const kernels::Tensor& weight);
  void mixMamba(const MambaWeights& w, int64_t index);
  void mixAttention(const AttentionWeights& w, int64_t index);
  void feedForward(const FeedForwardWeights& w);

  const ModelConfig& config_;
  const Weights& weights_;
  LayerRange range_;
  const PassMemory& memory_;
  const Slots& slots_;
  StateView states_;
  int64_t tokens_;
  bool tapped_;
  Emit emit_;
  EmitStaying emitStaying_;
};

}  // namespace lectern
