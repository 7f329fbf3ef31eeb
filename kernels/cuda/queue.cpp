// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/queue.h"

#include "kernels/contract.h"
#include "kernels/cuda/workspace.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace lectern::kernels::cuda {

Result<std::unique_ptr<Queue>> Queue::create(const std::shared_ptr<const Device>& device) {
  device->use();
  auto queue = std::unique_ptr<Queue>(new Queue(device));
  cudaError_t status = cudaStreamCreateWithFlags(&queue->stream_, cudaStreamNonBlocking);
  if (status != cudaSuccess) return errorOf(status, *device, "making a stream");
  queue->staging_ = std::make_unique<Staging>(queue->stream_);
  status = queue->staging_->allocate();
  if (status == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    return Error{ErrorCode::OutOfMemory,
                 fmt::format("The system refuses {} MiB of pinned memory for copies to {}. Close "
                             "other programs.",
                             2 * Staging::kHalfBytes >> 20, device->name)};
  }
  if (status != cudaSuccess) return errorOf(status, *device, "taking memory for copies");
  return queue;
}

Queue::~Queue() {
  device_->use();
  if (stream_ != nullptr) (void)cudaStreamSynchronize(stream_);
  staging_.reset();
  if (workspace_ != nullptr) (void)cudaFree(workspace_);
  if (stream_ != nullptr) (void)cudaStreamDestroy(stream_);
}

void Queue::fail(Error fault) {
  if (!fault_) fault_ = std::move(fault);
}

void Queue::fail(cudaError_t status, std::string_view doing) {
  fail(errorOf(status, *device_, doing));
  (void)cudaGetLastError();
}

void Queue::copyIn(void* to, const void* from, int64_t bytes) {
  if (fault_ || bytes <= 0) return;
  device_->use();
  if (const cudaError_t status = staging_->copyIn(to, from, bytes); status != cudaSuccess)
    fail(status, "a copy to the card");
}

void Queue::copyOut(void* to, const void* from, int64_t bytes) {
  if (fault_ || bytes <= 0) return;
  device_->use();
  if (const cudaError_t status = staging_->copyOut(to, from, bytes); status != cudaSuccess)
    fail(status, "a copy from the card");
}

void Queue::copy(void* to, const void* from, int64_t bytes) {
  if (fault_ || bytes <= 0) return;
  device_->use();
  const cudaError_t status =
      cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToDevice, stream_);
  if (status != cudaSuccess) fail(status, "a copy within the card");
}

void Queue::fillWithZeros(void* to, int64_t bytes) {
  if (fault_ || bytes <= 0) return;
  device_->use();
  const cudaError_t status = cudaMemsetAsync(to, 0, static_cast<size_t>(bytes), stream_);
  if (status != cudaSuccess) fail(status, "filling memory with zeros");
}

// What is under way still uses the old one, so it is waited for; that happens a few times in the
// life of a stream.
bool Queue::growWorkspace(int64_t bytes) {
  if (bytes <= workspaceBytes_) return true;
  cudaError_t status = cudaStreamSynchronize(stream_);
  if (status != cudaSuccess) {
    fail(status, "what came before");
    return false;
  }
  if (workspace_ != nullptr) (void)cudaFree(std::exchange(workspace_, nullptr));
  workspaceBytes_ = 0;
  status = cudaMalloc(&workspace_, static_cast<size_t>(bytes));
  if (status == cudaErrorMemoryAllocation) {
    fail(refusedMemory(*device_, bytes, "The workspace of the operations"));
    return false;
  }
  if (status != cudaSuccess) {
    fail(status, "taking a workspace");
    return false;
  }
  workspaceBytes_ = bytes;
  return true;
}

Result<void> Queue::reserve(int64_t workspaceBytes) {
  device_->use();
  if (!fault_) growWorkspace(workspaceBytes);
  if (fault_) return *fault_;
  return {};
}

LaunchContext Queue::contextOf(int64_t bucket) const {
  LaunchContext context = launchContextOf(*device_);
  context.stream = stream_;
  context.contextBucketTokens = static_cast<int>(bucket);
  context.workspace = workspace_;
  context.workspaceBytes = workspaceBytes_;
  return context;
}

cudaError_t Queue::launch(const Operation& operation, int64_t bucket) {
  const LaunchContext context = contextOf(bucket);
  last_ = nameOf(operation);
  if (first_.empty()) first_ = last_;
  return std::visit([&context](const auto& op) { return cuda::launch(op, context); }, operation);
}

void Queue::enqueue(const Operation& operation) {
  if (fault_) return;
  device_->use();
  if (!growWorkspace(workspaceBytesOf(operation, contextOf(0)))) return;
  if (const cudaError_t status = launch(operation, 0); status != cudaSuccess)
    fail(status, nameOf(operation));
}

// The first time of each kind goes operation by operation: the driver loads a kernel when it is
// first launched, which a capture may not do, and a step that is taken once is not worth a graph.
void Queue::replay(const GraphRecording& recording, int64_t contextTokens) {
  if (fault_) return;
  device_->use();
  int64_t workspace = 0;
  const LaunchContext context = contextOf(0);
  for (const Operation& operation : recording.operations()) {
    workspace = std::max(workspace, workspaceBytesOf(operation, context));
  }
  if (!growWorkspace(workspace)) return;
  const int64_t bucket = recording.asksForContext() ? contextBucket(contextTokens) : 0;
  GraphRecording::Use& use = recording.useOf({stream_, workspace_, bucket});
  if (use.times == 1) {
    for (const Operation& operation : recording.operations()) {
      if (const cudaError_t status = launch(operation, bucket); status != cudaSuccess)
        return fail(status, nameOf(operation));
    }
    return;
  }
  cudaError_t status = cudaSuccess;
  if (use.graph == nullptr) status = capture(recording, bucket, use.graph);
  if (status == cudaSuccess) status = cudaGraphLaunch(use.graph, stream_);
  if (status != cudaSuccess) fail(status, fmt::format("a recorded step with {}", last_));
}

cudaError_t Queue::capture(const GraphRecording& recording,
                           int64_t bucket,
                           cudaGraphExec_t& graph) {
  cudaError_t status = cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
  if (status != cudaSuccess) return status;
  for (const Operation& operation : recording.operations()) {
    status = launch(operation, bucket);
    if (status != cudaSuccess) break;
  }
  cudaGraph_t captured = nullptr;
  const cudaError_t ended = cudaStreamEndCapture(stream_, &captured);
  if (status == cudaSuccess) status = ended;
  if (status == cudaSuccess) status = cudaGraphInstantiate(&graph, captured, 0);
  if (captured != nullptr) (void)cudaGraphDestroy(captured);
  return status;
}

Result<void> Queue::wait() {
  device_->use();
  if (!fault_) {
    const cudaError_t status = cudaStreamSynchronize(stream_);
    if (status != cudaSuccess) {
      fail(status, first_ == last_ ? std::string(last_.empty() ? "a copy" : last_)
                                   : fmt::format("what came from {} to {}", first_, last_));
    }
  }
  if (fault_) {
    staging_->drop();
    return *fault_;
  }
  staging_->deliver();
  first_ = last_ = {};
  return {};
}

}  // namespace lectern::kernels::cuda
