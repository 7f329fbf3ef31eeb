// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/backend.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace lectern::bench {

/// A backend with somebody who looks on: counts the memory that is held by what it is for, and
/// tells of each operation. While nobody listens, streams and recordings are those of the backend
/// behind it, and cost nothing more. Outlives its streams. Thread: one at a time.
class ObservedBackend final : public kernels::Backend {
 public:
  enum class Listening : uint8_t {
    No,
    Counting,  ///< of each operation when it is enqueued, with 0 seconds
    Timing     ///< of each once it is done, with its time; they are waited for one by one
  };
  using Listener = std::function<void(const kernels::Operation& operation, double seconds)>;

  explicit ObservedBackend(std::shared_ptr<kernels::Backend> inner) : inner_(std::move(inner)) {}

  void listen(Listening how, Listener listener);
  /// By the purposes that were named where it was allocated.
  [[nodiscard]] const std::map<std::string, int64_t>& heldBytes() const { return *heldBytes_; }

  [[nodiscard]] kernels::BackendProperties properties() const override {
    return inner_->properties();
  }
  Result<kernels::Buffer> allocate(int64_t bytes, std::string_view purpose) override;
  Result<std::unique_ptr<kernels::Stream>> newStream() override;
  [[nodiscard]] std::string packing() const override { return inner_->packing(); }
  [[nodiscard]] int64_t packedBytes(kernels::DType dtype,
                                    int64_t groups,
                                    int64_t out,
                                    int64_t in) const override {
    return inner_->packedBytes(dtype, groups, out, in);
  }
  [[nodiscard]] int64_t workspaceBytes(const kernels::Operation& operation) const override {
    return inner_->workspaceBytes(operation);
  }
  Result<void> pack(const kernels::Weight& weight,
                    int64_t group,
                    const void* rows,
                    void* packed) override {
    return inner_->pack(weight, group, rows, packed);
  }
  Result<std::unique_ptr<kernels::Recording>> record(
      const std::function<void(kernels::Stream&)>& enqueueAll) override;

 private:
  class ObservedStream;
  class ObservedRecording;

  std::shared_ptr<kernels::Backend> inner_;
  std::shared_ptr<std::map<std::string, int64_t>> heldBytes_ =
      std::make_shared<std::map<std::string, int64_t>>();
  Listening listening_ = Listening::No;
  Listener listener_;
};

}  // namespace lectern::bench
