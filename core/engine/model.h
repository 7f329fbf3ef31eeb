// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/devices.h"
#include "core/engine/model_config.h"
#include "core/engine/stage.h"
#include "core/engine/states.h"
#include "core/engine/weights.h"
#include "kernels/backend.h"

#include <cstdint>
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
/// Where several devices have the layers, each does its range, and what it leaves goes to the next
/// by way of the host.
/// All memory that a run works in is planned when the model is made; a run takes nothing but cache
/// pages, and those not either where States::reserve has. The step of a single token is recorded
/// the first time that it is taken at a place of memory, and replayed from then on: token and
/// position come to it in device memory. Thread: one at a time.
class Model {
 public:
  /// `weights` were loaded for the same devices; all States it will see are made for them and for
  /// `maxTokens`. Errors: OutOfMemory, Internal.
  static Result<std::unique_ptr<Model>> create(const ModelConfig& config,
                                               std::shared_ptr<const Weights> weights,
                                               const Devices& devices,
                                               int64_t maxTokens);

  /// How many tokens it can read in one run: as many as fill a device.
  [[nodiscard]] int64_t chunkTokens() const { return chunkTokens_; }
  /// Reads 1 to chunkTokens() tokens, each of the vocabulary, and advances the states. After an
  /// Error the states are spent. Errors: DoesNotFit, OutOfMemory, Internal (a device fault).
  Result<void> run(States& states, std::span<const int32_t> tokens, const RunRequest& request);

  /// [rows, V] float32 of the last run, rows 1 or its tokens; in host memory until the next run.
  [[nodiscard]] std::span<const float> logits() const { return logits_; }
  /// Attention mass per block of 64 tokens of the last run, over all tapped heads; empty where it
  /// was not tapped.
  [[nodiscard]] std::span<const float> mass() const { return mass_; }
  /// Memory of all devices besides weights and states, as it was planned.
  [[nodiscard]] WorkingMemory workingMemory() const;

 private:
  Model() = default;
  void collectMass(int64_t tokens);

  ModelConfig config_;
  int64_t chunkTokens_ = 0;
  std::vector<std::unique_ptr<Stage>> stages_;  // one a device, in the layers' order
  std::vector<kernels::Stream*> streams_;       // theirs
  std::vector<float> border_;                   // what one of them hands over to the next
  std::vector<float> logits_;
  std::vector<float> layerMass_;  // [attention layer][block]
  std::vector<float> mass_;
};

}  // namespace lectern
