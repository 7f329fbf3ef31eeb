// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/bfloat16.h"
#include "kernels/contract.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/packing.h"
#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/kernels/op_data.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <variant>
#include <vector>

namespace lectern::kernels::cuda {

/// The kernels alone, without the backend, run by the engine that the program is linked with: the
/// operands of operations in the stand-in's device memory, each an allocation of its own. The
/// members that they share do what those of tests/kernels/suite/device.h do.
class KernelDevice {
 public:
  /// `isSampled`: kernels read what blocks were to write that the engine does not run, so all that
  /// is not written here is zeros.
  explicit KernelDevice(int multiprocessors = 4, bool isSampled = false)
      : multiprocessors_(multiprocessors), isSampled_(isSampled) {
    EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), 0);
  }
  ~KernelDevice() {
    for (void* place : places_) cudaFree(place);
    cudaStreamDestroy(stream_);
  }
  KernelDevice(const KernelDevice&) = delete;
  KernelDevice& operator=(const KernelDevice&) = delete;

  /// Runs it with exactly the workspace that it asks for.
  void run(const Operation& operation) {
    ASSERT_EQ(contractBreach(operation), "");
    std::visit(
        [&](const auto& op) {
          LaunchContext context;
          context.stream = stream_;
          context.multiprocessors = multiprocessors_;
          context.workspaceBytes = workspaceBytes(op, context);
          if (context.workspaceBytes > 0) context.workspace = room(context.workspaceBytes);
          ASSERT_EQ(launch(op, context), cudaSuccess) << nameOf(operation);
        },
        operation);
    ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    ASSERT_EQ(cuda_runtime::findingsText(), "");
  }

  /// A copy of the matrix, one element off alignment and with room between its rows unless `gap` is
  /// zero.
  Tensor put(Matrix values, int64_t gap = 3) {
    const Tensor host = values.view();
    Tensor tensor = matrix(bytes((gap > 0 ? 4 : 0) + host.rows * (host.cols + gap) * 4), DType::F32,
                           host.rows, host.cols);
    tensor.data = static_cast<float*>(tensor.data) + (gap > 0 ? 1 : 0);
    tensor.stride = host.cols + gap;
    for (int64_t r = 0; r < host.rows; ++r) {
      copyIn(tensor.row<float>(r), host.row<float>(r), host.cols * 4);
    }
    return tensor;
  }
  /// The same without values: reading them before they are written is a finding.
  Tensor room(int64_t rows, int64_t cols, int64_t gap = 3) {
    Tensor tensor =
        matrix(room((gap > 0 ? 4 : 0) + rows * (cols + gap) * 4), DType::F32, rows, cols);
    tensor.data = static_cast<float*>(tensor.data) + (gap > 0 ? 1 : 0);
    tensor.stride = cols + gap;
    return tensor;
  }
  Tensor put(const std::vector<int32_t>& values, int64_t rows) {
    const auto count = static_cast<int64_t>(values.size());
    void* place = bytes(count * 4);
    copyIn(place, values.data(), count * 4);
    return matrix(place, DType::I32, rows, count / rows);
  }
  Step at(int32_t position) {
    auto* place = static_cast<int32_t*>(bytes(4));
    copyIn(place, &position, 4);
    return {place};
  }
  Weight weight(int64_t rows, int64_t cols, uint32_t seed, DType dtype, int64_t groups = 1) {
    if (!isQuantised(dtype)) return weight(Matrix::random(rows, cols, seed), dtype, groups);
    const std::vector<char> blocks = randomBlocks(dtype, rows * cols, seed);
    return pack({nullptr, dtype, groups, rows / groups, cols}, blocks.data());
  }
  Weight weight(Matrix values, DType dtype, int64_t groups = 1) {
    const Tensor host = values.view();
    const Weight shape{nullptr, dtype, groups, host.rows / groups, host.cols};
    if (dtype == DType::F32) return pack(shape, values.values().data());
    std::vector<BFloat16> narrow;
    for (const float value : values.values()) narrow.push_back(toBFloat16(value));
    return pack(shape, narrow.data());
  }
  KvCache cache(int64_t pageTokens, int64_t pages, int64_t kvHeads, int64_t dim, DType dtype) {
    std::vector<void*> table;
    for (int64_t page = 0; page < pages; ++page) {
      table.push_back(room(pageTokens * cacheTokenBytes(dtype, kvHeads, dim)));
    }
    const auto tableBytes = static_cast<int64_t>(table.size() * sizeof(void*));
    void* place = bytes(tableBytes);
    copyIn(place, table.data(), tableBytes);
    return {static_cast<void* const*>(place), pageTokens, pages, kvHeads, dim, dtype};
  }

 private:
  void* bytes(int64_t count) {
    void* place = nullptr;
    EXPECT_EQ(cudaMalloc(&place, static_cast<size_t>(count)), cudaSuccess);
    places_.push_back(place);
    return place;
  }
  void* room(int64_t count) {
    void* place = bytes(count);
    if (!isSampled_) return place;
    EXPECT_EQ(cudaMemsetAsync(place, 0, static_cast<size_t>(count), stream_), cudaSuccess);
    return place;
  }
  void copyIn(void* to, const void* from, int64_t count) {
    EXPECT_EQ(
        cudaMemcpyAsync(to, from, static_cast<size_t>(count), cudaMemcpyHostToDevice, stream_),
        cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  }
  Weight pack(Weight weight, const void* rows) {
    const int64_t groupBytes = planeLayout(weight.dtype, weight.out, weight.in).groupBytes;
    const int64_t sourceBytes = weight.out * elementsBytes(weight.dtype, weight.in);
    auto* packed =
        static_cast<char*>(bytes(packedBytes(weight.dtype, weight.groups, weight.out, weight.in)));
    std::vector<char> host(static_cast<size_t>(groupBytes));
    for (int64_t group = 0; group < weight.groups; ++group) {
      packGroup(weight, static_cast<const char*>(rows) + group * sourceBytes, host.data());
      copyIn(packed + group * groupBytes, host.data(), groupBytes);
    }
    weight.data = packed;
    return weight;
  }

  int multiprocessors_;
  bool isSampled_;
  cudaStream_t stream_ = nullptr;
  std::vector<void*> places_;
};

}  // namespace lectern::kernels::cuda
