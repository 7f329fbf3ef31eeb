// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/queue_pool.h"

#include <utility>

namespace lectern::kernels::cuda {

Result<std::unique_ptr<Queue>> QueuePool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Queue> queue = std::move(idle_.back());
      idle_.pop_back();
      return queue;
    }
  }
  return Queue::create(device_);
}

void QueuePool::giveBack(std::unique_ptr<Queue> queue) {
  if (!queue->wait()) return;
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(queue));
}

}  // namespace lectern::kernels::cuda
