// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/stage.h"

#include "core/base/check.h"
#include "core/engine/address_of_nothing.h"

#include <algorithm>
#include <utility>

namespace lectern {

using kernels::DType;
using kernels::Operation;
using kernels::Tensor;

namespace {

constexpr const char* kPurpose = "The working memory of the model";

// What stands beside the arena, each made by `make(type, rows, cols)`.
template <class Make>
Result<void> makeInputs(const ModelConfig& config,
                        const StageShape& shape,
                        PassMemory& memory,
                        Make&& make) {
  if (shape.layers.first == 0) memory.ids = TRY(make(DType::I32, 1, shape.chunkTokens));
  const Tensor position = TRY(make(DType::I32, 1, 1));
  memory.step.position = static_cast<const int32_t*>(position.data);
  if (config.mambaLayers(shape.layers) > 0) {
    const int64_t projected = config.mambaDtRank + 2 * config.mambaDState;
    memory.stepScratch = TRY(make(DType::F32, 1, 3 * config.mambaInner + 2 * projected));
  }
  if (const int64_t layers = config.attentionLayers(shape.layers); layers > 0) {
    const int64_t pages = StateView::pagesFor(shape.maxTokens);
    const int64_t blocks = pages * StateView::kPageTokens / kernels::AttendOne::kBlockTokens;
    memory.tap.headWeight = TRY(make(DType::F32, layers, config.numAttentionHeads));
    memory.tap.mass = TRY(make(DType::F32, layers, blocks));
  }
  return {};
}

}  // namespace

// Walks the pass of a whole chunk once, with placeholders for addresses, for the arena and the
// workspace, and that of one token for its workspace: with the tap, which wants more, and for every
// type of the cache, because sequences choose it later.
Stage::Plan Stage::planMemory(const ModelConfig& config,
                              const Weights& weights,
                              const kernels::Backend& backend,
                              const StageShape& shape) {
  Plan plan;
  PassMemory memory;
  const auto count = [&plan](DType type, int64_t rows, int64_t cols) -> Result<Tensor> {
    plan.memory.inputs += rows * cols * kernels::elementBytes(type);
    return kernels::matrix(addressOfNothing(), type, rows, cols);
  };
  (void)makeInputs(config, shape, memory, count);
  memory.results = makeSlots(config, shape.layers, shape.chunkTokens,
                             [&plan](DType type, int64_t rows, int64_t cols) {
                               plan.placeholders.push_back(
                                   plan.planner.addSlot(rows * cols * kernels::elementBytes(type)));
                               return kernels::matrix(plan.placeholders.back(), type, rows, cols);
                             });
  const auto walk = [&](DType cacheType, int64_t tokens, const ForwardPass::Emit& emit) {
    const StateView states(config, cacheType, shape.maxTokens, addressOfNothing(),
                           static_cast<void* const*>(addressOfNothing()));
    ForwardPass pass(config, weights, shape.layers, memory, states, tokens, tokens == 1, emit);
    pass.layers();
    if (shape.layers.end < static_cast<int64_t>(config.layers.size())) return;
    pass.finalNorm(0, tokens);
    pass.head(tokens - 1);
  };
  int64_t& workspace = plan.memory.workspace;
  walk(DType::F32, shape.chunkTokens, [&](const Operation& op) {
    plan.planner.use(op);
    workspace = std::max(workspace, backend.workspaceBytes(op));
  });
  for (const DType cacheType : {DType::F32, DType::BF16, DType::I8}) {
    walk(cacheType, 1,
         [&](const Operation& op) { workspace = std::max(workspace, backend.workspaceBytes(op)); });
  }
  if (shape.layers.end < static_cast<int64_t>(config.layers.size())) {
    plan.planner.useAtEnd(memory.results.residual.data);  // by handOver
    plan.planner.useAtEnd(memory.results.delta.data);
  }
  plan.memory.arena = plan.planner.plan();
  return plan;
}

WorkingMemory Stage::plan(const ModelConfig& config,
                          const Weights& weights,
                          const kernels::Backend& backend,
                          const StageShape& shape) {
  return planMemory(config, weights, backend, shape).memory;
}

Result<std::unique_ptr<Stage>> Stage::create(const ModelConfig& config,
                                             std::shared_ptr<const Weights> weights,
                                             std::shared_ptr<kernels::Backend> backend,
                                             const std::shared_ptr<kernels::Backend>& processor,
                                             const StageShape& shape) {
  auto stage = std::unique_ptr<Stage>(new Stage(config, shape));
  stage->weights_ = std::move(weights);
  stage->backend_ = std::move(backend);
  const Plan plan = planMemory(config, *stage->weights_, *stage->backend_, shape);
  stage->working_ = plan.memory;
  stage->stream_ = TRY(stage->backend_->newStream());
  TRY(stage->allocate(plan));
  TRY(stage->stream_->reserve(plan.memory.workspace));
  TRY(stage->prepareStaying(processor));
  return stage;
}

Result<void> Stage::prepareStaying(const std::shared_ptr<kernels::Backend>& processor) {
  bool any = false;
  for (int64_t layer = shape_.layers.first; layer < shape_.layers.end; ++layer) {
    const FeedForwardWeights& w = weights_->layers[static_cast<size_t>(layer)].feedForward;
    if (!w.stay) continue;
    any = true;
    working_.experts = std::max(working_.experts, StayingExperts::roomFor(w, *backend_));
  }
  if (!any) return {};
  staying_ = TRY(
      StayingExperts::create(config_, processor, *backend_, shape_.chunkTokens, working_.experts));
  return {};
}

Result<void> Stage::allocate(const Plan& plan) {
  const auto make = [this](DType type, int64_t rows, int64_t cols) -> Result<Tensor> {
    const int64_t bytes = std::max<int64_t>(1, rows * cols * kernels::elementBytes(type));
    buffers_.push_back(TRY(backend_->allocate(bytes, kPurpose)));
    return kernels::matrix(buffers_.back().data(), type, rows, cols);
  };
  TRY(makeInputs(config_, shape_, memory_, make));
  buffers_.push_back(TRY(backend_->allocate(plan.memory.arena, kPurpose)));
  size_t next = 0;
  memory_.results = makeSlots(config_, shape_.layers, shape_.chunkTokens,
                              [&](DType type, int64_t rows, int64_t cols) {
                                char* place = static_cast<char*>(buffers_.back().data()) +
                                              plan.planner.offsetOf(plan.placeholders[next++]);
                                return kernels::matrix(place, type, rows, cols);
                              });
  return {};
}

Result<void> Stage::recordStep(const StateView& states, bool tapped) {
  RecordedStep& recorded = recordedSteps_[tapped ? 1 : 0];
  if (recorded.states == states) return {};
  recorded.states.reset();
  recorded.pieces.clear();
  std::vector<std::vector<Operation>> lists(1);
  const auto closePiece = [&](const FeedForwardWeights& w, const kernels::Experts& experts) {
    recorded.pieces.push_back({nullptr, &w, experts});
    lists.emplace_back();
  };
  ForwardPass pass(
      config_, *weights_, shape_.layers, memory_, states, 1, tapped,
      [&](const Operation& op) { lists.back().push_back(op); }, closePiece);
  pass.layers();
  if (isLast()) {
    pass.finalNorm(0, 1);
    pass.head(0);
  }
  recorded.pieces.emplace_back();
  for (size_t piece = 0; piece < lists.size(); ++piece) {
    if (lists[piece].empty()) continue;
    recorded.pieces[piece].operations = TRY(backend_->record([&](kernels::Stream& stream) {
      for (const Operation& op : lists[piece]) backend_->run(op, stream);
    }));
  }
  recorded.states = states;
  return {};
}

void Stage::setPosition(int64_t position) {
  position_ = static_cast<int32_t>(position);
  stream_->copyIn(const_cast<int32_t*>(memory_.step.position), &position_, sizeof position_);
}

void Stage::setTokens(std::span<const int32_t> tokens) {
  stream_->copyIn(memory_.ids.data, tokens.data(), static_cast<int64_t>(tokens.size_bytes()));
}

void Stage::setTapWeights(std::span<const float> weights) {
  LECTERN_CHECK(static_cast<int64_t>(weights.size_bytes()) == memory_.tap.headWeight.bytes());
  stream_->copyIn(memory_.tap.headWeight.data, weights.data(), memory_.tap.headWeight.bytes());
}

void Stage::receive(std::span<const float> border, int64_t tokens) {
  const Tensor residual = memory_.results.residual.rowRange(0, tokens);
  const Tensor delta = memory_.results.delta.rowRange(0, tokens);
  LECTERN_CHECK(static_cast<int64_t>(border.size_bytes()) == residual.bytes() + delta.bytes());
  stream_->copyIn(residual.data, border.data(), residual.bytes());
  stream_->copyIn(delta.data, border.data() + tokens * config_.hiddenSize, delta.bytes());
}

void Stage::handOver(std::span<float> border, int64_t tokens) {
  const Tensor residual = memory_.results.residual.rowRange(0, tokens);
  const Tensor delta = memory_.results.delta.rowRange(0, tokens);
  LECTERN_CHECK(static_cast<int64_t>(border.size_bytes()) == residual.bytes() + delta.bytes());
  stream_->copyOut(border.data(), residual.data, residual.bytes());
  stream_->copyOut(border.data() + tokens * config_.hiddenSize, delta.data, delta.bytes());
}

void Stage::run(const StateView& states, int64_t tokens, bool tapped, std::span<float> logits) {
  const auto rows = static_cast<int64_t>(logits.size()) / config_.vocabSize;
  const auto copyLogits = [&](int64_t row) {
    stream_->copyOut(logits.data() + row * config_.vocabSize, memory_.results.logits.data,
                     memory_.results.logits.bytes());
  };
  if (tokens == 1) {
    for (const StepPiece& piece : recordedSteps_[tapped ? 1 : 0].pieces) {
      if (piece.operations != nullptr) {
        stream_->replay(*piece.operations, int64_t{position_} + 1);
      }
      if (piece.staying != nullptr) {
        staying_->run(*piece.staying, piece.experts, *backend_, *stream_);
      }
    }
    if (rows > 0) copyLogits(0);
    return;
  }
  ForwardPass pass(
      config_, *weights_, shape_.layers, memory_, states, tokens, tapped,
      [&](const Operation& op) { backend_->run(op, *stream_); },
      [&](const FeedForwardWeights& w, const kernels::Experts& op) {
        staying_->run(w, op, *backend_, *stream_);
      });
  pass.layers();
  if (rows == 0) return;
  pass.finalNorm(tokens - rows, rows);
  for (int64_t row = 0; row < rows; ++row) {
    pass.head(tokens - rows + row);
    copyLogits(row);
  }
}

void Stage::copyMass(std::span<float> mass) {
  LECTERN_CHECK(static_cast<int64_t>(mass.size_bytes()) == memory_.tap.mass.bytes());
  stream_->copyOut(mass.data(), memory_.tap.mass.data, memory_.tap.mass.bytes());
}

}  // namespace lectern
