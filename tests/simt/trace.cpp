// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simt/trace.h"

#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/cuda_runtime/order.h"
#include "tests/simt/block.h"
#include "tests/simt/traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>
#include <utility>

// The bounds of this program or module, from the linker.
extern "C" __attribute__((visibility("hidden")))
const char __ehdr_start;  // NOLINT(bugprone-reserved-identifier)
extern "C" __attribute__((visibility("hidden"))) const char end;

namespace lectern::simt {
namespace {

using cuda_runtime::Allocation;
using cuda_runtime::Conflict;
using cuda_runtime::ConflictKind;
using cuda_runtime::FindingKind;
using cuda_runtime::MemoryKind;

/// An instruction that touches memory.
struct Site {
  const void* address = nullptr;
  Traffic exact;  ///< bytes and distinct sectors, counted access by access
};

struct Trace {
  std::unordered_map<const void*, uint32_t> siteNumbers;
  std::vector<Site> sites;
  std::array<std::pair<const void*, uint32_t>, 256> lastNumbers{};  ///< spares the look-up
  RequestCounter requests;
  std::array<Allocation*, 64> recent{};
  Random random{0};
  bool isOn = true;
  int preemptEvery = 0;
  std::set<std::pair<FindingKind, const void*>> reported;
};

Trace& trace() {
  static Trace instance;
  return instance;
}

Block& block() {
  return *runningBlock();
}

bool isWrite(AccessKind kind) {
  return kind == AccessKind::Write || kind == AccessKind::Atomic ||
         kind == AccessKind::AsyncAsked || kind == AccessKind::AsyncLanded;
}

uint32_t siteNumber(const void* address) {
  Trace& all = trace();
  auto& last = all.lastNumbers[reinterpret_cast<uintptr_t>(address) / 4 % all.lastNumbers.size()];
  if (last.first == address) return last.second;
  const auto [found, isNew] =
      all.siteNumbers.try_emplace(address, static_cast<uint32_t>(all.sites.size()));
  if (isNew) all.sites.push_back({address, {}});
  last = {address, found->second};
  return found->second;
}

bool isIn(uintptr_t address, const void* start, size_t bytes) {
  return address - reinterpret_cast<uintptr_t>(start) < bytes;
}

/// What a kernel may read that is no device memory: its arguments and the program's constants.
bool isReadableHostMemory(uintptr_t address) {
  const Launch& launch = block().launch();
  return isIn(address, launch.call.get(), launch.callBytes) ||
         isIn(address, &__ehdr_start, static_cast<size_t>(&end - &__ehdr_start));
}

Allocation* lookUp(uintptr_t address, uint32_t site) {
  Allocation*& recent = trace().recent[site % trace().recent.size()];
  if (recent == nullptr || !isIn(address, recent->data, static_cast<size_t>(recent->bytes))) {
    recent = cuda_runtime::find(reinterpret_cast<const void*>(address));
  }
  return recent;
}

std::string described(uintptr_t address, size_t bytes, const Allocation& allocation) {
  const auto offset = static_cast<int64_t>(address - reinterpret_cast<uintptr_t>(allocation.data));
  return fmt::format("{}, byte {}+{}", allocation.name, offset, bytes);
}

/// One fault is met by many threads: a launch tells of an instruction once.
void reportAt(FindingKind kind, const std::string& what, const void* site) {
  if (!trace().reported.insert({kind, site}).second) return;
  cuda_runtime::report(kind, block().kernelName(),
                       fmt::format("{} by {} at {}", what, block().who(), sourceLines(site)));
}

const char* verb(AccessKind kind) {
  return isWrite(kind) ? "write" : "read";
}

/// The allocation that is meant; null, and the device lost, where hardware would not survive the
/// access.
Allocation* checkedAllocation(uintptr_t address,
                              size_t bytes,
                              size_t alignment,
                              AccessKind kind,
                              const void* site,
                              uint32_t number) {
  const auto refuse = [&](FindingKind finding, const std::string& what,
                          cudaError_t error) -> Allocation* {
    reportAt(finding, fmt::format("{} of {}", verb(kind), what), site);
    cuda_runtime::fault(error);
    return nullptr;
  };
  Allocation* allocation = lookUp(address, number);
  if (allocation == nullptr) {
    return refuse(FindingKind::Wild, fmt::format("{} bytes outside of all memory", bytes),
                  cudaErrorIllegalAddress);
  }
  const auto what = [&] { return described(address, bytes, *allocation); };
  if (allocation->freed) return refuse(FindingKind::UseAfterFree, what(), cudaErrorIllegalAddress);
  if (!isIn(address, allocation->data, static_cast<size_t>(allocation->bytes)) ||
      !isIn(address + bytes - 1, allocation->data, static_cast<size_t>(allocation->bytes))) {
    return refuse(FindingKind::OutOfBounds, fmt::format("{} of {}", what(), allocation->bytes),
                  cudaErrorIllegalAddress);
  }
  if (!cuda_runtime::isOfRunningDevice(*allocation)) {
    return refuse(FindingKind::Wild, what() + ", of another device", cudaErrorIllegalAddress);
  }
  if (address % alignment != 0) {
    return refuse(FindingKind::Misaligned, what(), cudaErrorMisalignedAddress);
  }
  return allocation;
}

bool orderedInBlock(const void* context, const cuda_runtime::Mark& mark) {
  return static_cast<const Block*>(context)->isOrdered(cuda_runtime::threadOf(mark.who), mark.time);
}

void reportConflict(const Conflict& conflict,
                    const Allocation& allocation,
                    AccessKind kind,
                    const void* site) {
  const std::string where = fmt::format("{} byte {}", allocation.name, conflict.offset);
  const char* other = conflict.otherWrote ? "write" : "read";
  if (conflict.kind == ConflictKind::InFlight) {
    reportAt(FindingKind::InFlight,
             fmt::format("{} of {} while a cp.async into it is on its way,", verb(kind), where),
             site);
    return;
  }
  if (conflict.kind == ConflictKind::StreamRace) {
    reportAt(FindingKind::StreamRace,
             fmt::format("{} of {}, which no event orders after the {} in \"{}\",", verb(kind),
                         where, other, cuda_runtime::order().name(conflict.other.operation)),
             site);
    return;
  }
  const bool readOnly = conflict.kind == ConflictKind::ReadOnlyPath;
  const uint32_t who = conflict.other.who;
  reportAt(readOnly ? FindingKind::ReadOnlyPath : FindingKind::Race,
           fmt::format("{} of {} against a {} by block #{} thread {} at {},", verb(kind), where,
                       other, cuda_runtime::blockOf(who), cuda_runtime::threadOf(who),
                       sourceLines(trace().sites[conflict.other.site].address)),
           site);
}

void checkOrder(Allocation& allocation,
                int64_t offset,
                size_t bytes,
                AccessKind kind,
                const void* site,
                uint32_t number) {
  cuda_runtime::ShadowAccess access;
  access.mark = {cuda_runtime::order().current(),
                 cuda_runtime::makeThread(block().ordinal(), block().current().number), now(),
                 number};
  access.write = isWrite(kind);
  access.atomic = kind == AccessKind::Atomic;
  access.readOnlyPath = kind == AccessKind::ReadOnlyPath;
  access.orderedInBlock = orderedInBlock;
  access.context = &block();
  const auto length = static_cast<int64_t>(bytes);
  if (kind == AccessKind::AsyncLanded) allocation.shadow.setInFlight(offset, length, false);
  const Conflict conflict = allocation.shadow.record(offset, length, access);
  if (conflict.kind != ConflictKind::None) reportConflict(conflict, allocation, kind, site);
  if (kind == AccessKind::AsyncAsked) allocation.shadow.setInFlight(offset, length, true);
}

void countCost(Allocation& allocation,
               uintptr_t address,
               int64_t offset,
               size_t bytes,
               AccessKind kind,
               uint32_t number) {
  Trace& all = trace();
  const bool shared = allocation.kind == MemoryKind::Shared;
  const Thread& thread = block().current();
  all.requests.add(thread.warp, thread.lane, 2 * number + (shared ? 1 : 0), address,
                   static_cast<uint32_t>(bytes), shared);
  if (shared) return;
  Traffic& exact = all.sites[number].exact;
  exact.globalBytes += static_cast<int64_t>(bytes);
  const int64_t last = (offset + static_cast<int64_t>(bytes) - 1) / 32;
  for (int64_t sector = offset / 32; sector <= last; ++sector) {
    if (allocation.shadow.touchSector(sector, cuda_runtime::order().current(), isWrite(kind)))
      ++exact.distinctSectors;
  }
}

}  // namespace

void traceAccess(const void* pointer, size_t bytes, AccessKind kind, void* site, size_t alignment) {
  if (!trace().isOn) return;
  const auto address = reinterpret_cast<uintptr_t>(pointer);
  if (block().current().fiber.owns(address)) return;
  if (!isWrite(kind) && isReadableHostMemory(address)) return;
  const uint32_t number = siteNumber(site);
  // Ends only where nothing on this stack owns memory: a stopped fiber does not come back to free
  // it.
  Allocation* found = checkedAllocation(address, bytes, alignment, kind, site, number);
  if (found == nullptr) block().stop();
  Allocation& allocation = *found;
  const auto offset = static_cast<int64_t>(address - reinterpret_cast<uintptr_t>(allocation.data));
  if (!isWrite(kind) || kind == AccessKind::Atomic) {
    const int64_t missing =
        allocation.shadow.firstUninitialised(offset, static_cast<int64_t>(bytes));
    if (missing >= 0) {
      reportAt(FindingKind::Uninitialised,
               fmt::format("read of {} byte {}", allocation.name, missing), site);
      allocation.shadow.markInitialised(offset, static_cast<int64_t>(bytes));
    }
  }
  checkOrder(allocation, offset, bytes, kind, site, number);
  if (kind != AccessKind::AsyncAsked) countCost(allocation, address, offset, bytes, kind, number);
  const int every = trace().preemptEvery;
  if (every > 0 && kind != AccessKind::Atomic &&
      trace().random.below(static_cast<uint32_t>(every)) == 0) {
    block().preempt();
  }
}

void traceBarrier() {
  trace().requests.completeAll();
}
void traceWarpTogether(unsigned warp) {
  trace().requests.complete(warp);
}

void beginTrace(size_t warps, uint64_t seed) {
  Trace& all = trace();
  all.siteNumbers.clear();
  all.sites.clear();
  all.lastNumbers.fill({nullptr, 0});
  all.requests.reset(warps);
  all.recent.fill(nullptr);
  all.random = Random(seed);
  all.isOn = options().trace;
  all.preemptEvery = options().preemptEvery;
  all.reported.clear();
}

void endTraceOfBlock() {
  trace().requests.completeAll();
}

Traffic endTrace(std::vector<LineTraffic>* lines) {
  const Trace& all = trace();
  const std::vector<Traffic>& bySite = all.requests.bySite();
  std::unordered_map<std::string, Traffic> byLine;
  Traffic total;
  for (size_t i = 0; i < all.sites.size(); ++i) {
    Traffic traffic = all.sites[i].exact;
    for (size_t memory = 2 * i; memory < std::min(2 * i + 2, bySite.size()); ++memory)
      traffic += bySite[memory];
    total += traffic;
    if (lines != nullptr) byLine[sourceLines(all.sites[i].address)] += traffic;
  }
  if (lines != nullptr) {
    for (auto& [line, traffic] : byLine) lines->push_back({line, traffic});
    std::sort(lines->begin(), lines->end(), [](const LineTraffic& a, const LineTraffic& b) {
      return std::pair(a.traffic.sectors + a.traffic.wavefronts, a.line) >
             std::pair(b.traffic.sectors + b.traffic.wavefronts, b.line);
    });
  }
  return total;
}

}  // namespace lectern::simt
