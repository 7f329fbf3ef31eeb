// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/graph.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace lectern::kernels::cuda {

int64_t contextBucket(int64_t tokens) {
  constexpr int64_t kLeast = 512;
  return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max(tokens, kLeast))));
}

GraphRecording::GraphRecording(std::shared_ptr<const Device> device,
                               std::vector<Operation> operations)
    : device_(std::move(device)), operations_(std::move(operations)) {
  asksForContext_ = std::ranges::any_of(operations_, [](const Operation& operation) {
    return std::holds_alternative<AttendOne>(operation);
  });
}

// A graph that is under way is freed when it is done.
GraphRecording::~GraphRecording() {
  device_->use();
  for (const auto& use : uses_) {
    if (use->graph != nullptr) cudaGraphExecDestroy(use->graph);
  }
}

GraphRecording::Use& GraphRecording::useOf(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(uses_, [&key](const auto& use) { return use->key == key; });
  Use& use = found != uses_.end() ? **found : *uses_.emplace_back(std::make_unique<Use>(Use{key}));
  ++use.times;
  return use;
}

}  // namespace lectern::kernels::cuda
