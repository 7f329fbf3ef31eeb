// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda_runtime/memory.h"

#include "tests/cuda_runtime/findings.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <utility>

namespace lectern::cuda_runtime {
namespace {

constexpr unsigned char kPoison = 0xFF;
constexpr unsigned char kRedZone = 0xA5;
constexpr int64_t kAlignment = 256;

// Freed memory is not handed out again until this much more was freed: a stale pointer finds its
// old allocation.
constexpr int64_t kQuarantineBytes = int64_t{64} << 20;

struct Registry {
  std::map<uintptr_t, std::unique_ptr<Allocation>> byAddress;
  std::deque<Allocation*> freed;
  int64_t freedBytes = 0;
  int64_t bytes[3] = {0, 0, 0};
  int64_t count[3] = {0, 0, 0};
};

Registry& registry() {
  static Registry instance;
  return instance;
}

uintptr_t keyOf(const Allocation& allocation) {
  return reinterpret_cast<uintptr_t>(allocation.data);
}

int64_t roundedUp(int64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

void checkRedZones(const Allocation& allocation, const std::string& when) {
  const auto damaged = [](const char* from, int64_t bytes) {
    return std::any_of(from, from + bytes,
                       [](char c) { return static_cast<unsigned char>(c) != kRedZone; });
  };
  const char* end = allocation.data + allocation.bytes;
  if (damaged(allocation.data - kRedZoneBytes, kRedZoneBytes)) {
    report(FindingKind::RedZone, when, "bytes in front of " + allocation.name + " were changed");
  }
  if (damaged(end, kRedZoneBytes)) {
    report(FindingKind::RedZone, when, "bytes behind " + allocation.name + " were changed");
  }
}

void paintRedZones(Allocation& allocation) {
  std::memset(allocation.data - kRedZoneBytes, kRedZone, kRedZoneBytes);
  std::memset(allocation.data + allocation.bytes, kRedZone, kRedZoneBytes);
}

int64_t guardBytes(MemoryKind kind) {
  return kind == MemoryKind::Device ? kDeviceGuardBytes : kRedZoneBytes;
}

/// The host's memory with a guard on both sides. Device memory's guard is address space that is
/// never touched; what the host writes itself is left to malloc, whose neighbourhood the address
/// sanitizer watches.
char* reserve(int64_t bytes, MemoryKind kind) {
  const int64_t guard = guardBytes(kind);
  const auto whole = static_cast<size_t>(roundedUp(bytes + 2 * guard));
  void* start = nullptr;
  if (kind == MemoryKind::Device) {
    start = mmap(nullptr, whole, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) start = nullptr;
  } else {
    start = std::aligned_alloc(kAlignment, whole);
  }
  return start == nullptr ? nullptr : static_cast<char*>(start) + guard;
}

void giveBack(const Allocation& allocation) {
  const int64_t guard = guardBytes(allocation.kind);
  char* start = allocation.data - guard;
  if (allocation.kind == MemoryKind::Device) {
    munmap(start, static_cast<size_t>(roundedUp(allocation.bytes + 2 * guard)));
  } else {
    std::free(start);  // NOLINT(cppcoreguidelines-no-malloc)
  }
}

void forget(Allocation* allocation) {
  giveBack(*allocation);
  registry().byAddress.erase(keyOf(*allocation));
}

}  // namespace

Allocation* allocate(int64_t bytes, MemoryKind kind, std::string name, int device) {
  char* data = reserve(bytes, kind);
  if (data == nullptr) return nullptr;
  auto allocation = std::make_unique<Allocation>();
  allocation->data = data;
  allocation->bytes = bytes;
  allocation->kind = kind;
  allocation->device = device;
  allocation->name = std::move(name);
  allocation->shadow = Shadow(bytes);
  paintRedZones(*allocation);
  poison(*allocation);
  Registry& all = registry();
  all.bytes[static_cast<int>(kind)] += bytes;
  ++all.count[static_cast<int>(kind)];
  Allocation* result = allocation.get();
  all.byAddress[keyOf(*result)] = std::move(allocation);
  return result;
}

Allocation* find(const void* address) {
  const auto& all = registry().byAddress;
  const auto at = reinterpret_cast<uintptr_t>(address);
  auto next = all.upper_bound(at);
  if (next != all.begin()) {
    Allocation* before = std::prev(next)->second.get();
    if (at < keyOf(*before) + static_cast<uintptr_t>(before->bytes + guardBytes(before->kind)))
      return before;
  }
  if (next == all.end()) return nullptr;
  Allocation* behind = next->second.get();
  return at >= next->first - static_cast<uintptr_t>(guardBytes(behind->kind)) ? behind : nullptr;
}

void poison(Allocation& allocation) {
  std::memset(allocation.data, kPoison, static_cast<size_t>(allocation.bytes));
  allocation.shadow.clear();
}

void release(Allocation* allocation) {
  Registry& all = registry();
  checkRedZones(*allocation, "free");
  all.bytes[static_cast<int>(allocation->kind)] -= allocation->bytes;
  --all.count[static_cast<int>(allocation->kind)];
  if (allocation->kind == MemoryKind::Shared) {
    forget(allocation);
    return;
  }
  allocation->freed = true;
  allocation->shadow = Shadow();
  std::memset(allocation->data, kPoison, static_cast<size_t>(allocation->bytes));
  all.freed.push_back(allocation);
  all.freedBytes += allocation->bytes;
  while (all.freedBytes > kQuarantineBytes) {
    Allocation* oldest = all.freed.front();
    all.freed.pop_front();
    all.freedBytes -= oldest->bytes;
    forget(oldest);
  }
}

void checkRedZones(const std::string& when) {
  for (auto& [address, allocation] : registry().byAddress) {
    if (allocation->freed) continue;
    checkRedZones(*allocation, when);
    paintRedZones(*allocation);
  }
}

int64_t bytesInUse(MemoryKind kind) {
  return registry().bytes[static_cast<int>(kind)];
}
int64_t bytesInUse(int device) {
  int64_t bytes = 0;
  for (const auto& [address, allocation] : registry().byAddress) {
    if (allocation->device == device && !allocation->freed) bytes += allocation->bytes;
  }
  return bytes;
}
int64_t allocationsInUse(MemoryKind kind) {
  return registry().count[static_cast<int>(kind)];
}

void forgetMemory() {
  Registry& all = registry();
  for (auto& [address, allocation] : all.byAddress) giveBack(*allocation);
  all = Registry();
}

}  // namespace lectern::cuda_runtime
