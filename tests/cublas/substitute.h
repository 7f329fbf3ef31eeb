// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>
#include <string>

/// How tests talk with the substitute for cuBLAS, beside cuBLAS's own interface.
namespace lectern::cublas_substitute {

/// What it asks of the stand-in for the CUDA runtime. Without `enqueue` it is as the real library
/// is on a machine without a driver.
struct Runtime {
  /// Runs `work` when the stream comes to it, as a kernel.
  std::function<cudaError_t(cudaStream_t stream, std::string name, std::function<void()> work)>
      enqueue;
  /// Whether so many bytes lie in one allocation of the device.
  std::function<bool(const void* data, int64_t bytes)> isDeviceMemory;
  /// Notes that `work` touches them, for races and for what nobody has written.
  std::function<void(const void* data, int64_t bytes, bool writes)> touch;
  /// Something wrong.
  std::function<void(std::string text)> report;
};

struct Control {
  Runtime runtime;
  int version = 130102;
  int createStatus = 0;  ///< what cublasCreate answers
  int failProduct = 0;   ///< the how-manieth product from now on fails; 0: none
  int failStatus = 13;   ///< with what

  int64_t handles = 0;  ///< that there are
  int64_t creations = 0;
  int64_t products = 0;  ///< that were enqueued
};

/// Of the function that the library exports besides cuBLAS's own.
using ControlOf = Control* (*)();
inline constexpr char kControlName[] = "lecternCublasSubstitute";

}  // namespace lectern::cublas_substitute
