// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/model_config.h"
#include "core/engine/states.h"
#include "core/engine/weights.h"
#include "kernels/backend.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace lectern {

/// What a run of tokens should leave behind.
struct RunRequest {
  /// Logits of every token, not of the last alone.
  bool allLogits = false;
  /// Weight of each query head, attention layer by attention layer, for the evidence tap; empty: no
  /// tap. Only runs of one token are tapped.
  std::span<const float> tapWeights;
};

/// The forward pass, written once for all backends, for prefill chunks and single tokens:
///   x = embedding[token];  per layer  x += mixer(norm(x)), x += network(norm(x));  logits = head ·
///   norm(x)
/// All intermediate results lie in one arena, planned when the model is made; a run allocates
/// nothing but cache pages. The step of a single token is recorded the first time that it is taken
/// at a place of memory, and replayed from then on: token and position come to it in device memory.
/// Thread: one at a time.
class Model {
 public:
  /// All States it will see are made for `maxTokens`. Errors: OutOfMemory.
  static Result<std::unique_ptr<Model>> create(const ModelConfig& config,
                                               std::shared_ptr<const Weights> weights,
                                               std::shared_ptr<kernels::Backend> backend,
                                               int64_t maxTokens);

  /// How many tokens it can read in one run: as many as fill the device.
  [[nodiscard]] int64_t chunkTokens() const { return chunkTokens_; }
  /// Reads 1 to chunkTokens() tokens, each of the vocabulary, and advances the states. After an
  /// Error the states are spent. Errors: DoesNotFit, OutOfMemory, Internal (a device fault).
  Result<void> run(States& states, std::span<const int32_t> tokens, const RunRequest& request);

  /// [rows, V] float32 of the last run, rows 1 or its tokens; in host memory until the next run.
  [[nodiscard]] std::span<const float> logits() const { return logits_; }
  /// Attention mass per block of 64 tokens of the last run, over all tapped heads; empty where it
  /// was not tapped.
  [[nodiscard]] std::span<const float> mass() const { return mass_; }
  /// Bytes on the device besides weights and states.
  [[nodiscard]] int64_t workingBytes() const;

 private:
  // Intermediate results of one run, [chunkTokens_, …]; a run of fewer tokens uses their first
  // rows. Named after what they hold.
  struct Slots {
    kernels::Tensor residual, normed, delta, logits;
    kernels::Tensor xz, u, projected, rank, b, c, dt, scanned;
    kernels::Tensor qkv, attended;
    kernels::Tensor gated, routed, chosen, chances, expertScratch;
  };
  // Where the evidence tap reads head weights and leaves its mass, one row an attention layer.
  struct Tap {
    kernels::Tensor headWeight, mass;
  };
  // A single token's step, for states at one place.
  struct RecordedStep {
    States::Place place;
    std::unique_ptr<kernels::Recording> operations;
  };
  class Pass;

  Model() = default;
  Slots makeSlots(
      const std::function<kernels::Tensor(kernels::DType, int64_t rows, int64_t cols)>& make) const;
  Result<void> planArena();
  Result<const kernels::Recording*> recordedStep(const States& states, bool tapped);
  void collectMass(int64_t tokens);

  ModelConfig config_;
  std::shared_ptr<const Weights> weights_;
  std::shared_ptr<kernels::Backend> backend_;
  std::unique_ptr<kernels::Stream> stream_;
  int64_t chunkTokens_ = 0;
  Slots slots_;
  Tap tap_;
  kernels::Tensor stepScratch_;
  kernels::Tensor ids_;  // [1, chunkTokens_] I32
  kernels::Step step_;
  std::vector<kernels::Buffer> buffers_;
  std::array<RecordedStep, 2> recordedSteps_;  // without the tap, and with it
  std::vector<float> logits_;
  std::vector<float> layerMass_;
  std::vector<float> mass_;
};

}  // namespace lectern
