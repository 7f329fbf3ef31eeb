// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/observed_backend.h"

#include "kernels/operation_list.h"

#include <chrono>
#include <utility>

namespace lectern::bench {

using kernels::Buffer;
using kernels::Operation;
using kernels::Recording;
using kernels::Stream;

/// The backend's own, and the operations in it.
class ObservedBackend::ObservedRecording final : public kernels::OperationList {
 public:
  std::unique_ptr<Recording> inner;
};

class ObservedBackend::ObservedStream final : public Stream {
 public:
  ObservedStream(ObservedBackend& backend, std::unique_ptr<Stream> inner)
      : backend_(backend), inner_(std::move(inner)) {}

  void copyIn(void* to, const void* from, int64_t bytes) override {
    inner_->copyIn(to, from, bytes);
  }
  void copyOut(void* to, const void* from, int64_t bytes) override {
    inner_->copyOut(to, from, bytes);
  }
  void copy(void* to, const void* from, int64_t bytes) override { inner_->copy(to, from, bytes); }
  void replay(const Recording& recording, int64_t contextTokens) override {
    const auto& observed = static_cast<const ObservedRecording&>(recording);
    if (backend_.listening_ == Listening::No) return inner_->replay(*observed.inner, contextTokens);
    for (const Operation& operation : observed.operations) enqueue(operation);
  }
  Result<void> reserve(int64_t workspaceBytes) override { return inner_->reserve(workspaceBytes); }
  // A stream that failed once fails for good, so what a wait in between returned comes again.
  Result<void> wait() override { return inner_->wait(); }

 private:
  void enqueue(const Operation& operation) override {
    using Clock = std::chrono::steady_clock;
    if (backend_.listening_ != Listening::Timing) {
      backend_.inner_->run(operation, *inner_);
      if (backend_.listening_ == Listening::Counting) backend_.listener_(operation, 0);
      return;
    }
    const bool isReady = inner_->wait().has_value();
    const Clock::time_point begin = Clock::now();
    backend_.inner_->run(operation, *inner_);
    if (!isReady || !inner_->wait()) return;
    backend_.listener_(operation, std::chrono::duration<double>(Clock::now() - begin).count());
  }

  ObservedBackend& backend_;
  std::unique_ptr<Stream> inner_;
};

void ObservedBackend::listen(Listening how, Listener listener) {
  listening_ = how;
  listener_ = std::move(listener);
}

Result<Buffer> ObservedBackend::allocate(int64_t bytes, std::string_view purpose) {
  auto inner = std::make_shared<Buffer>(TRY(inner_->allocate(bytes, purpose)));
  const std::string what(purpose);
  (*heldBytes_)[what] += bytes;
  return Buffer(inner->data(), bytes, [inner, bytes, what, held = heldBytes_](void*) {
    (*held)[what] -= bytes;
    inner->reset();
  });
}

Result<std::unique_ptr<Stream>> ObservedBackend::newStream() {
  auto inner = TRY(inner_->newStream());
  return std::make_unique<ObservedStream>(*this, std::move(inner));
}

Result<std::unique_ptr<Recording>> ObservedBackend::record(
    const std::function<void(Stream&)>& enqueueAll) {
  auto recording = std::make_unique<ObservedRecording>();
  kernels::ListingStream list(*recording);
  enqueueAll(list);
  recording->inner = TRY(inner_->record([&](Stream& stream) {
    for (const Operation& operation : recording->operations) inner_->run(operation, stream);
  }));
  return recording;
}

}  // namespace lectern::bench
