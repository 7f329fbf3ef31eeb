// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device.h"

#include <fmt/format.h>

namespace lectern::kernels::cuda {

Error errorOf(cudaError_t status, const Device& device, std::string_view doing) {
  const auto code =
      status == cudaErrorMemoryAllocation ? ErrorCode::OutOfMemory : ErrorCode::Internal;
  return {code,
          fmt::format("{} failed in {}: {} ({}). Start the program again; where it fails "
                      "again, LECTERN_BACKEND=cpu computes on the processor.",
                      device.name, doing, cudaGetErrorString(status), static_cast<int>(status))};
}

Error refusedMemory(const Device& device, int64_t bytes, std::string_view purpose) {
  (void)cudaGetLastError();  // a refusal is no fault of the device
  size_t freeBytes = 0;
  size_t totalBytes = 0;
  (void)cudaMemGetInfo(&freeBytes, &totalBytes);
  return {ErrorCode::OutOfMemory,
          fmt::format("{} needs {} MiB of memory on {}, which has {} MiB free. Close programs that "
                      "use it, choose a smaller model or window, or compute on the processor "
                      "(LECTERN_BACKEND=cpu).",
                      purpose, (bytes + (1 << 20) - 1) >> 20, device.name, freeBytes >> 20)};
}

}  // namespace lectern::kernels::cuda
