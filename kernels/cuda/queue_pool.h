// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/queue.h"

#include <memory>
#include <mutex>
#include <vector>

namespace lectern::kernels::cuda {

/// Queues of one card that are not in use: pinned memory takes milliseconds to get, and streams for
/// a few copies come and go. Thread: any.
class QueuePool {
 public:
  explicit QueuePool(std::shared_ptr<const Device> device) : device_(std::move(device)) {}

  Result<std::unique_ptr<Queue>> take();
  /// Waits for it first; one that has failed is not kept.
  void giveBack(std::unique_ptr<Queue> queue);

 private:
  static constexpr size_t kMostIdle = 2;

  std::shared_ptr<const Device> device_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Queue>> idle_;
};

/// A queue of the pool as a Stream.
class CudaStream final : public Stream {
 public:
  CudaStream(std::shared_ptr<QueuePool> pool, std::unique_ptr<Queue> queue)
      : pool_(std::move(pool)), queue_(std::move(queue)) {}
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;
  ~CudaStream() override { pool_->giveBack(std::move(queue_)); }

  [[nodiscard]] Queue& queue() { return *queue_; }

  void copyIn(void* to, const void* from, int64_t bytes) override {
    queue_->copyIn(to, from, bytes);
  }
  void copyOut(void* to, const void* from, int64_t bytes) override {
    queue_->copyOut(to, from, bytes);
  }
  void copy(void* to, const void* from, int64_t bytes) override { queue_->copy(to, from, bytes); }
  void replay(const Recording& recording, int64_t contextTokens) override {
    queue_->replay(static_cast<const GraphRecording&>(recording), contextTokens);
  }
  Result<void> reserve(int64_t workspaceBytes) override { return queue_->reserve(workspaceBytes); }
  Result<void> wait() override { return queue_->wait(); }

 private:
  void enqueue(const Operation& operation) override { queue_->enqueue(operation); }

  std::shared_ptr<QueuePool> pool_;
  std::unique_ptr<Queue> queue_;
};

}  // namespace lectern::kernels::cuda
