// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/staying_experts.h"

#include "core/engine/packed_image.h"

#include <array>
#include <utility>

namespace lectern {

using kernels::DType;
using kernels::Tensor;
using kernels::Weight;

namespace {

int64_t roundedUp(int64_t bytes) {
  constexpr int64_t kAlignment = PackedImage::kAlignment;
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

int64_t packedBytes(const Weight& weight, const kernels::Backend& device) {
  return device.packedBytes(weight.dtype, weight.groups, weight.out, weight.in);
}

}  // namespace

int64_t StayingExperts::roomFor(const FeedForwardWeights& w, const kernels::Backend& device) {
  if (!w.streamed.gate.isPresent()) return 0;
  int64_t bytes = 0;
  for (const Weight& weight : {w.streamed.gate, w.streamed.up, w.streamed.down}) {
    bytes += roundedUp(packedBytes(weight, device));
  }
  return bytes;
}

Result<std::unique_ptr<StayingExperts>> StayingExperts::create(
    const ModelConfig& config,
    std::shared_ptr<kernels::Backend> processor,
    kernels::Backend& device,
    int64_t chunkTokens,
    int64_t roomBytes) {
  auto experts = std::unique_ptr<StayingExperts>(new StayingExperts);
  experts->processor_ = std::move(processor);
  experts->processorStream_ = TRY(experts->processor_->newStream());
  const auto make = [&](DType type, int64_t rows, int64_t cols) -> Result<Tensor> {
    experts->buffers_.push_back(TRY(experts->processor_->allocate(
        rows * cols * kernels::elementBytes(type), "The activations of experts that stay")));
    return kernels::matrix(experts->buffers_.back().data(), type, rows, cols);
  };
  const int64_t chosen = config.numExpertsPerTok;
  experts->atHost_.in = TRY(make(DType::F32, chunkTokens, config.hiddenSize));
  experts->atHost_.experts = TRY(make(DType::I32, chunkTokens, chosen));
  experts->atHost_.weights = TRY(make(DType::F32, chunkTokens, chosen));
  experts->atHost_.scratch =
      TRY(make(DType::F32, chunkTokens * chosen, config.hiddenSize + config.intermediateSize));
  experts->atHost_.out = TRY(make(DType::F32, chunkTokens, config.hiddenSize));
  if (roomBytes > 0) {
    experts->room_ = TRY(device.allocate(roomBytes, "Room for experts that are sent"));
  }
  return experts;
}

void StayingExperts::run(const FeedForwardWeights& w,
                         const kernels::Experts& op,
                         kernels::Backend& device,
                         kernels::Stream& stream) {
  if (op.in.rows >= kLeastSentTokens && w.streamed.gate.isPresent()) {
    send(w, op, device, stream);
  } else {
    compute(w, op, stream);
  }
}

// The stream orders them behind what computed with those that lay there before.
void StayingExperts::send(const FeedForwardWeights& w,
                          kernels::Experts op,
                          kernels::Backend& device,
                          kernels::Stream& stream) {
  op.gate = w.streamed.gate;
  op.up = w.streamed.up;
  op.down = w.streamed.down;
  auto* place = static_cast<char*>(room_.data());
  for (Weight* weight : std::array{&op.gate, &op.up, &op.down}) {
    const int64_t bytes = packedBytes(*weight, device);
    stream.copyIn(place, weight->data, bytes);
    weight->data = place;
    place += roundedUp(bytes);
  }
  device.run(op, stream);
}

void StayingExperts::compute(const FeedForwardWeights& w,
                             const kernels::Experts& op,
                             kernels::Stream& stream) {
  const int64_t tokens = op.in.rows;
  kernels::Experts here = atHost_;
  here.gate = w.networks.gate;
  here.up = w.networks.up;
  here.down = w.networks.down;
  here.scratch = here.scratch.rowRange(0, tokens * op.experts.cols);
  for (Tensor* tensor : std::array{&here.in, &here.experts, &here.weights, &here.out}) {
    *tensor = tensor->rowRange(0, tokens);
  }
  stream.copyOut(here.in.data, op.in.data, op.in.bytes());
  stream.copyOut(here.experts.data, op.experts.data, op.experts.bytes());
  stream.copyOut(here.weights.data, op.weights.data, op.weights.bytes());
  if (!stream.wait()) return;  // it says so again
  processor_->run(here, *processorStream_);
  (void)processorStream_->wait();
  stream.copyIn(op.out.data, here.out.data, op.out.bytes());
}

}  // namespace lectern
