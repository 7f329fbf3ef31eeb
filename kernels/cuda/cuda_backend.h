// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "kernels/backend.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/queue_pool.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::kernels::cuda {

/// A graphics card: streams are CUDA streams, recordings CUDA graphs. Memory it hands out may
/// outlive it. Knows only the CUDA runtime and launches.h, so that the same sources run in tests on
/// a stand-in for the runtime.
class CudaBackend final : public Backend {
 public:
  /// Card `index` of findCards. Errors: Usage (it cannot be used, with the reason), OutOfMemory,
  /// Internal.
  static Result<std::unique_ptr<CudaBackend>> open(int index);

  [[nodiscard]] BackendProperties properties() const override;
  Result<Buffer> allocate(int64_t bytes, std::string_view purpose) override;
  Result<std::unique_ptr<Stream>> newStream() override;
  [[nodiscard]] std::string packing() const override;
  [[nodiscard]] int64_t packedBytes(DType dtype,
                                    int64_t groups,
                                    int64_t out,
                                    int64_t in) const override;
  [[nodiscard]] int64_t workspaceBytes(const Operation& operation) const override;
  Result<void> pack(const Weight& weight, int64_t group, const void* rows, void* packed) override;
  Result<std::unique_ptr<Recording>> record(
      const std::function<void(Stream&)>& enqueueAll) override;

  // The same without what owns, for the plug-in's border.
  Result<void*> allocateBytes(int64_t bytes, std::string_view purpose);
  static void release(const Device& device, void* data);
  Result<std::unique_ptr<Recording>> record(std::vector<Operation> operations);
  [[nodiscard]] const Device& device() const { return *device_; }

 private:
  CudaBackend() = default;

  std::shared_ptr<const Device> device_;
  std::shared_ptr<QueuePool> pool_;
  std::mutex mutex_;              // guards what follows
  std::unique_ptr<Queue> own_;    // for zeros and weights
  std::vector<char> packedRows_;  // one group of a weight, on its way
};

}  // namespace lectern::kernels::cuda
