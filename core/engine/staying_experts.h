// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/model_config.h"
#include "core/engine/weights.h"
#include "kernels/backend.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace lectern {

/// The experts of a range of layers that stay in the host's memory. For few tokens they are
/// computed by the processor: activations come down to it, results go up. For many they are sent to
/// the device, layer by layer, through the stream's pinned memory, and computed there. Faults of
/// the device are kept by its stream. Thread: one at a time.
class StayingExperts {
 public:
  /// From so many tokens on a run sends a layer's experts. Computed, of the largest Jamba in Q4:
  /// they are 1.6 GB, 64 ms over PCIe 4.0 × 16 (25 GB/s); a token takes 0.7 GFlop of them, 1.4 ms
  /// of a processor that does 500 GFlop/s. So sending pays from some 45 tokens on; of a faster link
  /// or a slower processor from fewer.
  static constexpr int64_t kLeastSentTokens = 32;

  /// Bytes that a layer's experts take of the device's memory while it computes with them; 0 where
  /// they are not sent there.
  static int64_t roomFor(const FeedForwardWeights& w, const kernels::Backend& device);
  /// `roomBytes` is the largest such. Errors: OutOfMemory.
  static Result<std::unique_ptr<StayingExperts>> create(const ModelConfig& config,
                                                        std::shared_ptr<kernels::Backend> processor,
                                                        kernels::Backend& device,
                                                        int64_t chunkTokens,
                                                        int64_t roomBytes);

  /// Carries out `op`, whose activations are the device's, with the weights `w`; `stream` is the
  /// device's. What is computed by the processor waits for it.
  void run(const FeedForwardWeights& w,
           const kernels::Experts& op,
           kernels::Backend& device,
           kernels::Stream& stream);

 private:
  StayingExperts() = default;
  void send(const FeedForwardWeights& w,
            kernels::Experts op,
            kernels::Backend& device,
            kernels::Stream& stream);
  void compute(const FeedForwardWeights& w, const kernels::Experts& op, kernels::Stream& stream);

  std::shared_ptr<kernels::Backend> processor_;
  std::unique_ptr<kernels::Stream> processorStream_;
  kernels::Experts atHost_;  // with memory for a chunk
  std::vector<kernels::Buffer> buffers_;
  kernels::Buffer room_;  // of the device, for a layer's experts
};

}  // namespace lectern
