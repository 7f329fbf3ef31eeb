// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "kernels/backend.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace lectern::bench {

/// A backend with the operands of an operation: numbers that look random and are the same for the
/// same seed on every backend. Keeps the first Error; what comes after it does nothing.
class Workbench {
 public:
  explicit Workbench(kernels::Backend& backend);

  /// [rows, cols] of numbers from `low` to `high`.
  kernels::Tensor numbers(
      int64_t rows, int64_t cols, uint32_t seed, float low = -1, float high = 1);
  kernels::Tensor zeros(int64_t rows, int64_t cols);
  kernels::Tensor ids(int64_t rows, int64_t cols, int64_t below);
  /// `groups` matrices [out, in] of a type, packed.
  kernels::Weight weight(
      kernels::DType dtype, int64_t groups, int64_t out, int64_t in, uint32_t seed);
  kernels::KvCache cache(kernels::DType dtype, int64_t tokens, int64_t kvHeads, int64_t headDim);
  kernels::Step at(int32_t position);

  /// The fields of an operation must be there before it is run.
  [[nodiscard]] bool isReady() const { return !fault_; }
  void run(const kernels::Operation& operation);
  /// Reads the tensor back; empty after an Error.
  std::vector<float> read(const kernels::Tensor& tensor);
  std::vector<float> readIds(const kernels::Tensor& tensor);

  /// Of the operations, until they were done.
  [[nodiscard]] double seconds() const { return seconds_; }
  [[nodiscard]] Result<void> status() const;

 private:
  void* room(int64_t bytes);
  kernels::Tensor upload(const void* values, kernels::DType dtype, int64_t rows, int64_t cols);
  void wait();

  kernels::Backend& backend_;
  std::unique_ptr<kernels::Stream> stream_;
  std::vector<kernels::Buffer> buffers_;
  double seconds_ = 0;
  std::unique_ptr<Error> fault_;
};

}  // namespace lectern::bench
