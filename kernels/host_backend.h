// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/backend.h"

#include <functional>
#include <memory>
#include <string_view>

namespace lectern::kernels {

/// What every backend on the host processor shares: aligned memory of the host, streams that carry
/// an operation out when it is enqueued, and recordings that are lists of operations. A backend
/// brings `execute` and its packing.
class HostBackend : public Backend {
 public:
  Result<Buffer> allocate(int64_t bytes, std::string_view purpose) override;
  Result<std::unique_ptr<Stream>> newStream() override;
  /// What an operation wants is the small memory of `execute`.
  [[nodiscard]] int64_t workspaceBytes(const Operation& /*operation*/) const override { return 0; }
  Result<std::unique_ptr<Recording>> record(
      const std::function<void(Stream&)>& enqueueAll) override;

  /// Carries one operation out, whole, on the calling thread and the backend's own. What small
  /// memory it asks for may throw std::bad_alloc, which passes through the stream to the caller.
  virtual void execute(const Operation& operation) = 0;
};

/// Bytes of memory, in all and free, as the system tells; zero where it does not.
struct HostMemory {
  int64_t totalBytes = 0;
  int64_t freeBytes = 0;
};
HostMemory hostMemory();

}  // namespace lectern::kernels
