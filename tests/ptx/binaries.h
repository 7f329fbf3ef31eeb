// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "tests/ptx/engine.h"
#include "tests/ptx/runtime_memory.h"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <optional>
#include <string>

namespace lectern::ptx {

/// What one object file of nvcc registered; its address is the handle that nvcc's code keeps.
struct Binary;

struct KernelName {
  Binary* binary = nullptr;
  std::string name;  ///< of the .entry; empty for a pointer that nobody registered
};

/// Shared memory a block may have without asking for more by cudaFuncSetAttribute, fixed and
/// dynamic together.
constexpr int64_t kSharedBytesWithoutAsking = 48 << 10;

/// The dynamic shared memory that was granted to a kernel; nothing where nobody asked.
std::optional<int64_t> grantedSharedBytes(const void* stub);

/// The kernel behind a host function that nvcc made for it.
KernelName kernelOf(const void* stub);

/// The module of a kernel or a variable, loaded when it is asked for first, and anew when the
/// stand-in was reset and its variables with it. Errors: as LoadedModule::load's and ptxTexts'.
Result<LoadedModule*> moduleOf(const KernelName& name);

RuntimeMemory& runtimeMemory();

/// Enqueues a launch, from whichever of the runtime's functions it came.
cudaError_t launchKernel(const void* stub, const cudaLaunchConfig_t& config, void** arguments);

}  // namespace lectern::ptx
