// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/forward_pass.h"
#include "core/engine/model_config.h"
#include "core/engine/state_view.h"
#include "core/engine/staying_experts.h"
#include "core/engine/weights.h"
#include "kernels/arena_planner.h"
#include "kernels/backend.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace lectern {

/// Device memory that a range of layers wants besides weights and states. Bytes.
struct WorkingMemory {
  int64_t arena = 0;      ///< intermediate results
  int64_t inputs = 0;     ///< tokens, position, and what a single token's step keeps
  int64_t workspace = 0;  ///< of the operations, in the stream
  int64_t experts = 0;    ///< room for a layer's that stay with the processor and are sent

  [[nodiscard]] int64_t bytes() const { return arena + inputs + workspace + experts; }
  WorkingMemory& operator+=(const WorkingMemory& other) {
    arena += other.arena;
    inputs += other.inputs;
    workspace += other.workspace;
    experts += other.experts;
    return *this;
  }
};

/// What a range of layers is asked for.
struct StageShape {
  LayerRange layers;
  int64_t chunkTokens = 0;  ///< in one run, at most
  int64_t maxTokens = 0;    ///< of a sequence
};

/// A range of a model's layers on one device: the memory they work in, planned from shapes before
/// the first token, a stream, and the recorded steps of a single token. After `create` a run takes
/// no memory. Faults of the device come with the stream's next wait. Thread: one at a time.
class Stage {
 public:
  /// What `create` will take, to the byte, but for room for experts that stay. Takes nothing; of
  /// the weights only shapes and types are looked at.
  static WorkingMemory plan(const ModelConfig& config,
                            const Weights& weights,
                            const kernels::Backend& backend,
                            const StageShape& shape);
  /// `config` outlives it. `processor` computes experts that stay; null where none do. Errors:
  /// OutOfMemory, Internal.
  static Result<std::unique_ptr<Stage>> create(const ModelConfig& config,
                                               std::shared_ptr<const Weights> weights,
                                               std::shared_ptr<kernels::Backend> backend,
                                               const std::shared_ptr<kernels::Backend>& processor,
                                               const StageShape& shape);

  [[nodiscard]] kernels::Stream& stream() { return *stream_; }
  [[nodiscard]] const WorkingMemory& memory() const { return working_; }
  /// Attention layers of the range.
  [[nodiscard]] int64_t tapLayers() const { return memory_.tap.mass.rows; }
  /// Blocks of kBlockTokens that a sequence may have.
  [[nodiscard]] int64_t tapBlocks() const { return memory_.tap.mass.cols; }

  /// Records the step of a single token, if it is not there for states at this place. Errors:
  /// OutOfMemory, Internal.
  Result<void> recordStep(const StateView& states, bool tapped);

  // Enqueued in this order.
  void setPosition(int64_t position);
  /// Of the first range: what is read.
  void setTokens(std::span<const int32_t> tokens);
  /// [attention layer of the range][query head]
  void setTapWeights(std::span<const float> weights);
  /// Of every other range: what the range before handed over.
  void receive(std::span<const float> border, int64_t tokens);
  /// Runs so many tokens through the layers; a single one by its recorded step. The last range
  /// leaves the logits of its last rows in `logits`, [rows, V], where they are after the wait.
  void run(const StateView& states, int64_t tokens, bool tapped, std::span<float> logits);
  /// [attention layer of the range][block], likewise.
  void copyMass(std::span<float> mass);
  /// Of every range but the last, after `run`: residual and delta of the tokens go to `border`, [2,
  /// tokens, H], for the next one, where they are after the wait.
  void handOver(std::span<float> border, int64_t tokens);

 private:
  // Memory without addresses, and what it takes.
  struct Plan {
    kernels::ArenaPlanner planner;
    std::vector<void*> placeholders;
    WorkingMemory memory;
  };
  // What a device does of a step in one go, and experts that stay behind it.
  struct StepPiece {
    std::unique_ptr<kernels::Recording> operations;
    const FeedForwardWeights* staying = nullptr;
    kernels::Experts experts;
  };
  // A single token's step, for states at one place.
  struct RecordedStep {
    std::optional<StateView> states;
    std::vector<StepPiece> pieces;
  };

  Stage(const ModelConfig& config, const StageShape& shape) : config_(config), shape_(shape) {}
  static Plan planMemory(const ModelConfig& config,
                         const Weights& weights,
                         const kernels::Backend& backend,
                         const StageShape& shape);
  [[nodiscard]] bool isLast() const {
    return shape_.layers.end == static_cast<int64_t>(config_.layers.size());
  }
  Result<void> allocate(const Plan& plan);
  Result<void> prepareStaying(const std::shared_ptr<kernels::Backend>& processor);

  const ModelConfig& config_;
  StageShape shape_;
  std::shared_ptr<const Weights> weights_;
  std::shared_ptr<kernels::Backend> backend_;
  std::unique_ptr<kernels::Stream> stream_;
  WorkingMemory working_;
  PassMemory memory_;
  std::unique_ptr<StayingExperts> staying_;  // null where none do
  std::vector<kernels::Buffer> buffers_;
  std::array<RecordedStep, 2> recordedSteps_;  // without the tap, and with it
  int32_t position_ = 0;
};

}  // namespace lectern
