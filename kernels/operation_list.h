// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/check.h"
#include "kernels/backend.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace lectern::kernels {

/// A recording as what was recorded.
class OperationList : public Recording {
 public:
  std::vector<Operation> operations;
};

/// The stream that a recording is taken from: it writes down what is enqueued. Copies would be lost
/// there, so they are not allowed.
class ListingStream final : public Stream {
 public:
  explicit ListingStream(OperationList& list) : list_(list) {}

  void copyIn(void*, const void*, int64_t) override { LECTERN_CHECK(!"copies cannot be recorded"); }
  void copyOut(void*, const void*, int64_t) override {
    LECTERN_CHECK(!"copies cannot be recorded");
  }
  void copy(void*, const void*, int64_t) override { LECTERN_CHECK(!"copies cannot be recorded"); }
  void replay(const Recording& recording, int64_t) override {
    const auto& other = static_cast<const OperationList&>(recording).operations;
    list_.operations.insert(list_.operations.end(), other.begin(), other.end());
  }
  Result<void> reserve(int64_t /*workspaceBytes*/) override { return {}; }
  Result<void> wait() override { return {}; }

 private:
  void enqueue(const Operation& operation) override { list_.operations.push_back(operation); }

  OperationList& list_;
};

}  // namespace lectern::kernels
