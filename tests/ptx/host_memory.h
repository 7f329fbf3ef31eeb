// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ptx/memory.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

namespace lectern::ptx {

/// Device memory for tests of the interpreter alone: exact-size host allocations.
class HostMemory : public DeviceMemory {
 public:
  std::byte* allocate(int64_t bytes) {
    const auto size = static_cast<std::size_t>(bytes);
    Storage storage(static_cast<std::byte*>(std::aligned_alloc(256, (size + 256) / 256 * 256)));
    std::byte* data = storage.get();
    std::memset(data, 0xFF, size);
    extents_[reinterpret_cast<uint64_t>(data)] = {std::move(storage), bytes};
    return data;
  }
  void release(const std::byte* data) { extents_.erase(reinterpret_cast<uint64_t>(data)); }

  Extent find(uint64_t address) override {
    auto next = extents_.upper_bound(address);
    if (next == extents_.begin()) return {};
    --next;
    const Extent extent{next->first, next->first + static_cast<uint64_t>(next->second.bytes)};
    return address < extent.end ? extent : Extent{};
  }
  Finding describe(uint64_t address) override {
    auto next = extents_.upper_bound(address);
    if (next == extents_.begin()) return {cuda_runtime::FindingKind::Wild, "no allocation"};
    --next;
    return {cuda_runtime::FindingKind::OutOfBounds,
            "byte " + std::to_string(address - next->first) + " of an allocation of " +
                std::to_string(next->second.bytes) + " bytes"};
  }
  std::byte* allocateVariable(int64_t bytes, const std::string& /*name*/) override {
    return allocate(bytes);
  }
  std::byte* allocateShared(int64_t bytes, const std::string& /*name*/) override {
    return allocate(bytes);
  }
  void releaseShared(std::byte* data) override { release(data); }

 private:
  struct Free {
    void operator()(std::byte* data) const { std::free(data); }
  };
  using Storage = std::unique_ptr<std::byte, Free>;
  struct Owned {
    Storage storage;
    int64_t bytes = 0;
  };
  std::map<uint64_t, Owned> extents_;
};

}  // namespace lectern::ptx
