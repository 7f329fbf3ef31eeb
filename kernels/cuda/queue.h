// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "kernels/backend.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/graph.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/staging.h"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace lectern::kernels::cuda {

/// An in-order stream of a card, with its pinned memory and the workspace of its operations. The
/// workspace is what was reserved; an operation that wants more makes it grow. Once each recording
/// was replayed twice, nothing is allocated any more. Keeps the first fault. Thread: one at a time.
class Queue {
 public:
  static Result<std::unique_ptr<Queue>> create(const std::shared_ptr<const Device>& device);
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue();

  // As the members of Stream.
  void copyIn(void* to, const void* from, int64_t bytes);
  void copyOut(void* to, const void* from, int64_t bytes);
  void copy(void* to, const void* from, int64_t bytes);
  void fillWithZeros(void* to, int64_t bytes);
  void enqueue(const Operation& operation);
  void replay(const GraphRecording& recording, int64_t contextTokens);
  Result<void> reserve(int64_t workspaceBytes);
  Result<void> wait();

  /// Keeps the first; whatever comes behind it is left out.
  void fail(Error fault);

 private:
  explicit Queue(std::shared_ptr<const Device> device) : device_(std::move(device)) {}

  [[nodiscard]] LaunchContext contextOf(int64_t bucket) const;
  cudaError_t launch(const Operation& operation, int64_t bucket);
  bool growWorkspace(int64_t bytes);
  cudaError_t capture(const GraphRecording& recording, int64_t bucket, cudaGraphExec_t& graph);
  void fail(cudaError_t status, std::string_view doing);

  std::shared_ptr<const Device> device_;
  cudaStream_t stream_ = nullptr;
  std::unique_ptr<Staging> staging_;
  void* workspace_ = nullptr;
  int64_t workspaceBytes_ = 0;
  std::optional<Error> fault_;
  // What was enqueued since the last wait: a fault of the card itself lies somewhere in between.
  std::string_view first_;
  std::string_view last_;
};

}  // namespace lectern::kernels::cuda
