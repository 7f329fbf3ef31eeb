// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "kernels/cuda/cublas.h"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lectern::kernels::cuda {

/// A card that is open. Plain data that streams, recordings and buffers share.
struct Device {
  int index = 0;
  std::string name;
  int multiprocessors = 0;
  std::shared_ptr<Cublas> cublas;

  /// Makes it the calling thread's; before every call of the runtime.
  void use() const { (void)cudaSetDevice(index); }
};

/// The Error of a call that failed while `doing` something ("Linear"). OutOfMemory where that is
/// the cause, else Internal.
Error errorOf(cudaError_t status, const Device& device, std::string_view doing);

/// The Error of memory that was refused, with what is free.
Error refusedMemory(const Device& device, int64_t bytes, std::string_view purpose);

}  // namespace lectern::kernels::cuda
