// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/backend.h"
#include "kernels/operation_list.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace lectern::test {

/// A real backend with hooks in front of it, through which a test looks on or makes it fail; a hook
/// that is empty does nothing. Counts the memory that is held. Outlives its streams.
class WrappedBackend final : public kernels::Backend {
 public:
  explicit WrappedBackend(std::shared_ptr<kernels::Backend> inner) : inner_(std::move(inner)) {}

  /// Asked before memory is handed out, and before `wait` returns; an Error is given back instead.
  std::function<Result<void>(int64_t bytes, std::string_view purpose)> beforeAllocate;
  std::function<Result<void>()> beforeWait;
  /// Hears of each operation once it is enqueued, with a stream to copy its results from; of those
  /// that a replay brings only with `replaysOneByOne`.
  std::function<void(const kernels::Operation& op, kernels::Stream& stream)> afterOperation;
  /// Recordings made from now on are lists kept here, and replaying them enqueues each operation
  /// anew: what a replay must be equal to.
  bool replaysOneByOne = false;
  /// Rather than the inner backend's, if not 0.
  int64_t rowsAtOnce = 0;

  [[nodiscard]] int64_t heldBytes() const { return *heldBytes_; }
  [[nodiscard]] int64_t replays() const { return replays_; }
  [[nodiscard]] int64_t recordings() const { return recordings_; }

  [[nodiscard]] kernels::BackendProperties properties() const override {
    kernels::BackendProperties properties = inner_->properties();
    if (rowsAtOnce > 0) properties.rowsAtOnce = rowsAtOnce;
    return properties;
  }
  Result<kernels::Buffer> allocate(int64_t bytes, std::string_view purpose) override {
    if (beforeAllocate) TRY(beforeAllocate(bytes, purpose));
    auto inner = std::make_shared<kernels::Buffer>(TRY(inner_->allocate(bytes, purpose)));
    kernels::Buffer counted(inner->data(), bytes, [inner, held = heldBytes_](void*) {
      *held -= inner->bytes();
      inner->reset();
    });
    *heldBytes_ += bytes;
    return counted;
  }
  Result<std::unique_ptr<kernels::Stream>> newStream() override {
    return std::make_unique<WrappedStream>(*this, TRY(inner_->newStream()));
  }
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
      const std::function<void(kernels::Stream&)>& enqueueAll) override {
    ++recordings_;
    if (!replaysOneByOne) return inner_->record(enqueueAll);
    auto list = std::make_unique<OneByOne>();
    kernels::ListingStream stream(*list);
    enqueueAll(stream);
    return list;
  }

 private:
  // Told apart from what the backend itself records.
  class OneByOne final : public kernels::OperationList {};

  class WrappedStream final : public kernels::Stream {
   public:
    WrappedStream(WrappedBackend& backend, std::unique_ptr<kernels::Stream> inner)
        : backend_(backend), inner_(std::move(inner)) {}

    void copyIn(void* to, const void* from, int64_t bytes) override {
      inner_->copyIn(to, from, bytes);
    }
    void copyOut(void* to, const void* from, int64_t bytes) override {
      inner_->copyOut(to, from, bytes);
    }
    void copy(void* to, const void* from, int64_t bytes) override { inner_->copy(to, from, bytes); }
    void replay(const kernels::Recording& recording, int64_t contextTokens) override {
      ++backend_.replays_;
      const auto* list = dynamic_cast<const OneByOne*>(&recording);
      if (list == nullptr) return inner_->replay(recording, contextTokens);
      for (const kernels::Operation& operation : list->operations) enqueue(operation);
    }
    Result<void> reserve(int64_t workspaceBytes) override {
      return inner_->reserve(workspaceBytes);
    }
    Result<void> wait() override {
      if (backend_.beforeWait) TRY(backend_.beforeWait());
      return inner_->wait();
    }

   private:
    void enqueue(const kernels::Operation& operation) override {
      backend_.inner_->run(operation, *inner_);
      if (backend_.afterOperation) backend_.afterOperation(operation, *inner_);
    }

    WrappedBackend& backend_;
    std::unique_ptr<kernels::Stream> inner_;
  };

  std::shared_ptr<kernels::Backend> inner_;
  std::shared_ptr<int64_t> heldBytes_ = std::make_shared<int64_t>(0);
  int64_t replays_ = 0;
  int64_t recordings_ = 0;
};

}  // namespace lectern::test
