// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cuda_runtime/shadow.h"

#include <cstdint>
#include <memory>
#include <string>

/// The memory that kernels and copies may touch: exact-size allocations between red zones, filled
/// with 0xFF (NaN in every float format) so that what nobody wrote shows. Both engines look every
/// access up here. Guarded by the runtime's lock; a running kernel already holds it.
namespace lectern::cuda_runtime {

enum class MemoryKind : uint8_t { Device, Pinned, Shared };

struct Allocation {
  char* data = nullptr;
  int64_t bytes = 0;
  MemoryKind kind = MemoryKind::Device;
  int device = -1;     ///< whose memory it is; -1: of every device
  std::string name;    ///< "device 3 (4096 bytes)", or a shared array's own
  bool freed = false;  ///< kept for a while, to tell a use after free from a wild address
  Shadow shadow;
};

/// Painted and checked on both sides.
constexpr int64_t kRedZoneBytes = 256;

/// Nothing else lies so near to device memory: what misses it by less is known to have missed it.
constexpr int64_t kDeviceGuardBytes = int64_t{1} << 20;

/// Aligned to 256 bytes, as cudaMalloc's. Null when the host has no memory.
Allocation* allocate(int64_t bytes, MemoryKind kind, std::string name, int device = -1);

/// The allocation that the address lies in or in whose red zones it lies, freed ones included; null
/// if none.
Allocation* find(const void* address);

/// Whether the kernel that runs may touch it: it is not another device's.
bool isOfRunningDevice(const Allocation& allocation);

/// Forgets the contents: poison again, nothing initialised, nobody has touched it.
void poison(Allocation& allocation);

/// Checks the red zones and lets go. Device and pinned memory stay known as freed.
void release(Allocation* allocation);

/// Reports every allocation whose red zones changed, once.
void checkRedZones(const std::string& when);

int64_t bytesInUse(MemoryKind kind);
/// Of one device's memory.
int64_t bytesInUse(int device);
int64_t allocationsInUse(MemoryKind kind);

/// Frees everything, also what is in use.
void forgetMemory();

}  // namespace lectern::cuda_runtime
