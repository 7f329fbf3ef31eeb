// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cuda_runtime/memory.h"
#include "tests/ptx/memory.h"

#include <array>

namespace lectern::ptx {

/// The memory of the CUDA runtime's stand-in, and its shadow: finds races, between streams too,
/// reads of what nobody wrote, and ld.global.nc of bytes that the launch writes.
class RuntimeMemory : public DeviceMemory, public AccessObserver {
 public:
  Extent find(uint64_t address) override;
  Finding describe(uint64_t address) override;
  std::byte* allocateVariable(int64_t bytes, const std::string& name) override;
  std::byte* allocateShared(int64_t bytes, const std::string& name) override;
  void releaseShared(std::byte* data) override;
  Finding onAccess(const Access& access, const Block& block) override;

  /// Allocations came or went since the last launch.
  void forgetRecent() { recent_.fill(nullptr); }

 private:
  cuda_runtime::Allocation* lookUp(const Access& access);
  Finding describe(const cuda_runtime::Conflict& conflict,
                   const cuda_runtime::Allocation& allocation,
                   const Access& access,
                   const Block& block) const;

  /// What an instruction touched last, it will probably touch again.
  std::array<cuda_runtime::Allocation*, 256> recent_{};
};

}  // namespace lectern::ptx
